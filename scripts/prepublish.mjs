// What vsce runs before it packs or publishes the extension: a build, unless who called vsce has just made one.
import { pathToFileURL } from 'node:url';
import { build } from './set-up.mjs';

/** Environment variable that says so. */
export const BUILT = 'V2S_BUILT';

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href && !process.env[BUILT]) build();
