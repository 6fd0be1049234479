import * as z from 'zod';

/** A program without its numbers. */
const programListingSchema = z.object({
  path: z.string(),
  /** of the data set */
  name: z.string(),
  classNames: z.array(z.string()),
  model: z.string(),
  /** ms since 1970 */
  modified: z.number(),
  validationAccuracy: z.number().nullable(),
  testAccuracy: z.number().nullable(),
  /** values of the longest training series */
  longest: z.int(),
});
export type ProgramListing = z.infer<typeof programListingSchema>;

/** A data set with its programs, for a list; see the engine's DataSet. */
const dataSetSchema = z.object({
  name: z.string(),
  folder: z.string(),
  train: z.string().nullable(),
  test: z.string().nullable(),
  programs: z.array(programListingSchema),
});
export type DataSetListing = z.infer<typeof dataSetSchema>;

export const dataSetsSchema = z.object({
  dataSets: z.array(dataSetSchema),
  /** programs whose data are not among the files */
  others: z.array(programListingSchema),
});

/** How a file compares with the data that a program was made with; see the engine's ProgramFit. */
const programFitSchema = z.object({
  level: z.enum(['fits', 'differs', 'outside']),
  findings: z.array(z.object({ kind: z.enum(['labels', 'length', 'columns', 'data']), message: z.string() })),
});

/** A program beside a file, as the header of a panel shows it. */
export const fittedProgramSchema = z.object({ program: programListingSchema, fit: programFitSchema });
export type FittedProgram = z.infer<typeof fittedProgramSchema>;

/** Which program explains a file; see the engine's ProgramChoice. */
export const programChoiceSchema = z.object({
  /** null: the person must be asked */
  program: programListingSchema.nullable(),
  why: z.enum(['chosen', 'recorded', 'name']).nullable(),
  /** all programs near the file, in the order in which to propose them */
  candidates: z.array(
    fittedProgramSchema.extend({
      /** whether labels, length and columns leave it possible that the program is for the file */
      couldFit: z.boolean(),
    }),
  ),
});
export type ProgramChoice = z.infer<typeof programChoiceSchema>;
