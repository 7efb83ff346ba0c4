#!/usr/bin/env node
import { readFileSync } from 'node:fs';

const argv = process.argv.slice(2);
const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  version: string;
};

if (argv.length === 1 && (argv[0] === '--version' || argv[0] === '-V')) {
  process.stdout.write(`${version}\n`); // before anything else is loaded: scripts ask often
} else {
  const { run } = await import('./cli/run.ts');
  // Writers are told of a closed pipe by their own callbacks; without a listener it would end the process.
  process.stdout.on('error', () => undefined);
  process.stderr.on('error', () => undefined);
  const code = await run(argv, {
    version,
    layerWorker: new URL('./layer-worker.js', import.meta.url),
    rematchWorker: new URL('./rematch-worker.js', import.meta.url),
    env: process.env,
    get stdin() {
      return process.stdin; // opened only by who reads it
    },
    stdout: process.stdout,
    stderr: process.stderr,
  });
  process.exit(code); // idle connections and threads would hold it back
}
