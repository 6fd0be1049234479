#!/usr/bin/env node
// The version is known without the commands, which are most of the program and take longer to load than Node does.
import { version } from '../../package.json';

const [argument, ...more] = process.argv.slice(2);
if (more.length === 0 && (argument === '--version' || argument === '-V')) console.log(version);
else void import('./command-line');
