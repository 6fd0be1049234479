/** A run as one page for people: self-contained HTML. */
export { writeReport } from './write-report';
