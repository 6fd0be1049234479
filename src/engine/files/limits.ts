/**
 * Bytes that a file of each kind may have at most. All of them are far above what V2S and the programs it imports from write, and
 * bound the memory that a foreign file takes. Series files are read in pieces and have their own limit (ReadLimits).
 */
const MIB = 2 ** 20;

/** A program, or theta on the way. */
export const MAX_PROGRAM_BYTES = 64 * MIB;
/** State of a training: several sets of everything that is trained. */
export const MAX_CHECKPOINT_BYTES = 2048 * MIB;
/** Weights of an acoustic model, all files of them together. */
export const MAX_WEIGHTS_BYTES = 1024 * MIB;
/** The layers of an acoustic model as JSON, which take 25 times their length when they are parsed; those of large networks have 1 MB. */
export const MAX_TOPOLOGY_BYTES = 8 * MIB;
/** Small documents: cards, configurations, front ends, lists of source words. */
export const MAX_DOCUMENT_BYTES = 4 * MIB;
/** A line per epoch, or per sentence that a run said. */
export const MAX_LOG_BYTES = 64 * MIB;
/** A recording: two hours. */
export const MAX_WAV_BYTES = 256 * MIB;
