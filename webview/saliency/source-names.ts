import { t } from '../shared/strings';

/** Name of a source of saliency as the person knows it; layers keep their own. */
export function sourceName(source: string): string {
  const names: Record<string, string> = {
    attention: t('attention'),
    'gradient-x-input': t('gradient × input'),
    'integrated-gradients': t('integrated gradients'),
    occlusion: t('occlusion'),
    perturbation: t('segment perturbation'),
    'grad-cam': t('Grad-CAM'),
  };
  return names[source] ?? source;
}
