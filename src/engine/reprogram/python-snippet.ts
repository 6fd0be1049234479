/** The files that a snippet reads. */
interface SnippetFiles {
  program: string;
  /** see sourceLogitsFile */
  logits: string;
  /** see predictionsCsv */
  predictions: string;
}

/**
 * Python that takes a program apart with safetensors and numpy: from the source logits to the probabilities of `v2s classify`, by the
 * mapping in the program, whatever its method. It compares them with the stored predictions.
 */
export function pythonSnippet({ program, logits, predictions }: SnippetFiles): string {
  // JSON without characters beyond ASCII is a literal of Python, too.
  const literal = (text: string): string =>
    JSON.stringify(text).replace(
      /[\u007f-\uffff]/g,
      (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
    );
  return `# pip install numpy safetensors
import csv
import json

import numpy as np
from safetensors import safe_open

PROGRAM = ${literal(program)}
LOGITS = ${literal(logits)}
PREDICTIONS = ${literal(predictions)}


def load(path):
    with safe_open(path, framework="numpy") as file:
        return {name: file.get_tensor(name).astype(np.float64) for name in file.keys()}, file.metadata()


def log_softmax(x):
    x = x - x.max(axis=-1, keepdims=True)
    return x - np.log(np.exp(x).sum(axis=-1, keepdims=True))


tensors, metadata = load(PROGRAM)
program = json.loads(metadata["program"])
logits = load(LOGITS)[0]["logits"]  # [series, members, source words]

ensemble = program.get("ensemble")
if ensemble:
    # One linear map from the logits of all members, its standardization folded in, and a temperature.
    features = logits.reshape(len(logits), -1) - tensors["ensemble.means"]
    scores = features @ tensors["ensemble.weights"].T + tensors["ensemble.intercept"]
    probabilities = np.exp(log_softmax(scores / ensemble["temperature"]))
else:
    # The score of a class is ln of the mean probability of its source words; members are averaged.
    members = program.get("members") or [{"mapping": program["mapping"]}]
    parts = []
    for position, member in enumerate(members):
        words = log_softmax(logits[:, position])
        scores = np.stack([np.log(np.exp(words[:, own]).mean(axis=1)) for own in member["mapping"]["words"]], axis=1)
        learned = tensors.get("mapping" if position == 0 else f"mapping.{position}")
        if learned is not None:
            scores = scores + words @ learned.T
        parts.append(np.exp(log_softmax(scores)))
    probabilities = np.mean(parts, axis=0)

classes = program["classNames"]
with open(PREDICTIONS, newline="", encoding="utf-8") as file:
    rows = list(csv.reader(file))[1:]
stored = np.array([[float(cell) for cell in row[4:]] for row in rows]).reshape(probabilities.shape)
print("largest difference:", np.abs(probabilities - stored).max(initial=0))
for row in probabilities[:5]:
    print(classes[row.argmax()], np.round(row, 4))
`;
}
