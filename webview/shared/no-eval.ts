/**
 * Imported first by every panel: the validators of the protocol must not be compiled with `eval`, which the page's security policy
 * forbids, and they decide about it when they are made.
 */
import { config } from 'zod';

config({ jitless: true });
