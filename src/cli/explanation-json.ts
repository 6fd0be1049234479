import type { Explanation } from '../engine/saliency';

type Tensor = Explanation['mel'];

/** An explanation as `v2s explain --json` gives it. */
export type ExplanationJson = ReturnType<typeof explanationJson>;

/** The lists of an explanation: null for a value the model never heard, an empty attention for a model without one. */
export function explanationJson({
  attention,
  mel,
  camVariant,
  cam,
  onSeries,
  completeness,
  members,
  ...rest
}: Explanation) {
  const { series, reprogrammed, prediction, axes } = rest;
  return {
    ...rest,
    series: Array.from(series),
    reprogrammed: Array.from(reprogrammed),
    attention: attention ? Array.from(attention) : [],
    mel: rows(mel),
    cam_variant: camVariant,
    cam: mapValues(cam, rows),
    on_series: mapValues(onSeries, ({ values }) => Array.from(values, (value) => (Number.isNaN(value) ? null : value))),
    /** series values that a map cannot tell apart, by the names of `on_series` */
    resolution: mapValues(onSeries, ({ resolution }) => resolution),
    // JSON knows no infinity: no gap can be given where the two scores are equal.
    completeness: completeness && { ...completeness, gap: Number.isFinite(completeness.gap) ? completeness.gap : null },
    members: {
      count: members.count,
      shown: members.shown,
      shares: Array.from(members.shares),
      left_out: members.leftOut,
    },
    prediction: { ...prediction, probabilities: Array.from(prediction.probabilities) },
    axes: { ...axes, melHertz: Array.from(axes.melHertz) },
  };
}

function rows({ shape: [count, width], data }: Tensor): number[][] {
  return Array.from({ length: count }, (_, t) => Array.from(data.subarray(t * width, (t + 1) * width)));
}

function mapValues<T, R>(record: Readonly<Record<string, T>>, change: (value: T) => R): Record<string, R> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, change(value)]));
}
