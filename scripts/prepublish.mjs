// What vsce runs before it packs or publishes the extension: a build, unless who called vsce has just made one.
import { build } from './set-up.mjs';
import { BUILT } from './vscode/built.mjs';

if (!process.env[BUILT]) build();
