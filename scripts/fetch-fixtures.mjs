// Fetches real packages for test/conformance/real-packages.test.ts: node scripts/fetch-fixtures.mjs [FOLDER]
//
// Each comes by its ecosystem's own client, so that the registries, mirrors and proxies set up there are used. What
// scripts/real-packages/packages.json pins is checked by its SHA-256; of Debian's packages, which move on, apt checks
// the signature and the version is noted. A source that is out of reach is said and left out. Ends with 1 when
// something else came than was asked for.
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFile, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const TIMEOUT_MS = 3 * 60_000;
const NO_ANSWER = `no answer within ${TIMEOUT_MS / 1000} s`;
const DEPENDENCY_PLUGIN = 'org.apache.maven.plugins:maven-dependency-plugin:3.6.1';

const root = fileURLToPath(new URL('..', import.meta.url));
const pinnedFolder = join(root, 'scripts', 'real-packages');
const folder = resolve(process.argv[2] ?? join(root, 'test', '.real'));
const pinned = JSON.parse(await readFile(join(pinnedFolder, 'packages.json'), 'utf8'));

/** @type {{ source: string, name: string, version: string, file: string, sha256?: string }[]} */
const fetched = [];
/** @type {{ source: string, name: string, reason: string }[]} */
const skipped = [];
/** @type {string[]} */
const wrong = [];

await mkdir(folder, { recursive: true });
await fetchPinned('npm', (one, to) =>
  tool('npm', [
    'pack',
    `${one.name}@${one.version}`,
    '--ignore-scripts',
    '--loglevel=error',
    '--fetch-retries=1',
    '--fetch-retry-mintimeout=1000',
    '--pack-destination',
    to,
  ]),
);
await fetchPinned('pypi', (one, to) => tool('python3', [...pipDownload(to), `${one.name}==${one.version}`]));
await fetchPinned('gem', (one, to) =>
  tool('gem', ['fetch', one.name, '--version', one.version, '--platform', 'ruby'], to),
);
await fetchPinned('maven', mavenCopy);
await fetchDebian();
await installWithPnpm();
await writeFile(join(folder, 'fetched.json'), `${JSON.stringify({ fetched, skipped }, null, 2)}\n`);
tell();

async function fetchPinned(source, fetchOne) {
  const to = join(folder, source);
  await mkdir(to, { recursive: true });
  let silence; // one client that hangs is waited for, not all its packages
  for (const one of pinned[source]) {
    const { name, version, file, sha256 } = one;
    const path = join(to, file);
    if ((await sha256Of(path)) !== sha256) {
      const problem = silence ?? (await arriving(to, (temporary) => fetchOne(one, temporary), file));
      if (problem === NO_ANSWER) silence = problem;
      if (problem) {
        skipped.push({ source, name, reason: problem });
        continue;
      }
    }
    const found = await sha256Of(path);
    if (found === sha256) fetched.push({ source, name, version, file: `${source}/${file}`, sha256 });
    else {
      wrong.push(`${source} ${name} ${version}: SHA-256 is ${found}, not ${sha256}`);
      await rm(path, { force: true });
    }
  }
}

/** Nothing half fetched stays. Returns why it did not come. */
async function arriving(to, fetchInto, file) {
  const temporary = await mkdtemp(join(tmpdir(), 'drydock-fetch-'));
  try {
    await fetchInto(temporary);
    const [only] = await readdir(temporary);
    if (only === undefined) return 'nothing came';
    await copyFile(join(temporary, only), join(to, `${file ?? only}.part`));
    await rename(join(to, `${file ?? only}.part`), join(to, file ?? only));
    return undefined;
  } catch (error) {
    return reasonOf(error);
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

function pipDownload(to) {
  const platforms = ['manylinux2014_x86_64', 'manylinux_2_17_x86_64', 'any'];
  return [
    ...['-m', 'pip', 'download', '--quiet', '--disable-pip-version-check', '--retries', '1'],
    ...['--no-deps', '--only-binary', ':all:', '--python-version', '3.11'],
    ...platforms.flatMap((platform) => ['--platform', platform]),
    ...['--dest', to],
  ];
}

/** Maven has no client that fetches one file, but a plug-in of it. */
async function mavenCopy({ name, version, file }, to) {
  const artifact = `${name}:${version}:${file.slice(file.lastIndexOf('.') + 1)}`;
  await tool(
    'mvn',
    [
      '--batch-mode',
      '--quiet',
      `${DEPENDENCY_PLUGIN}:copy`,
      `-Dartifact=${artifact}`,
      `-DoutputDirectory=${to}`,
    ],
    tmpdir(),
  );
}

async function fetchDebian() {
  const source = 'debian';
  const to = join(folder, source);
  await mkdir(to, { recursive: true });
  const present = await readdir(to);
  let isUpdated = false;
  for (const { name } of pinned.debian) {
    let file = present.find((one) => one.startsWith(`${name}_`) && one.endsWith('.deb'));
    if (!file) {
      let problem = await arriving(to, (temporary) => tool('apt-get', ['download', name], temporary));
      if (problem && !isUpdated && process.getuid?.() === 0) {
        // A fresh machine knows of no packages yet.
        isUpdated = true;
        await tool('apt-get', ['update', '--quiet']).catch(() => undefined);
        problem = await arriving(to, (temporary) => tool('apt-get', ['download', name], temporary));
      }
      if (problem) {
        skipped.push({ source, name, reason: problem });
        continue;
      }
      file = (await readdir(to)).find((one) => one.startsWith(`${name}_`) && one.endsWith('.deb'));
    }
    const { stdout } = await run('dpkg-deb', ['--field', join(to, file), 'Version']);
    const sha256 = await sha256Of(join(to, file));
    fetched.push({ source, name, version: stdout.trim(), file: `${source}/${file}`, sha256 });
  }
}

/** A store as pnpm lays it out, of what its lock file pins. */
async function installWithPnpm() {
  const source = 'pnpm';
  const name = 'node_modules';
  const pnpm = fetched.find((one) => one.source === 'npm' && one.name === 'pnpm');
  if (!pnpm) {
    skipped.push({ source, name, reason: 'pnpm did not come' });
    return;
  }
  const to = join(folder, source);
  if (await isInstalled(to)) {
    fetched.push({ source, name, version: pnpm.version, file: `${source}/${name}` });
    return;
  }
  const temporary = await mkdtemp(join(tmpdir(), 'drydock-fetch-'));
  try {
    await run('tar', ['-xzf', join(folder, pnpm.file), '-C', temporary]);
    await rm(to, { recursive: true, force: true });
    await mkdir(to);
    for (const file of ['package.json', 'pnpm-lock.yaml'])
      await copyFile(join(pinnedFolder, file), join(to, file));
    const program = join(temporary, 'package', 'bin', 'pnpm.cjs');
    const flags = ['--frozen-lockfile', '--ignore-scripts', '--package-import-method', 'copy'];
    const store = ['--store-dir', join(temporary, 'store')];
    await tool(process.execPath, [program, 'install', ...flags, ...store], to);
    fetched.push({ source, name, version: pnpm.version, file: `${source}/${name}` });
  } catch (error) {
    await rm(to, { recursive: true, force: true });
    skipped.push({ source, name, reason: reasonOf(error) });
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

/** pnpm writes that file last. */
async function isInstalled(to) {
  const locks = [join(to, 'pnpm-lock.yaml'), join(pinnedFolder, 'pnpm-lock.yaml')];
  const [has, wants] = await Promise.all(locks.map(sha256Of));
  return has === wants && (await sha256Of(join(to, 'node_modules', '.modules.yaml'))) !== undefined;
}

/** Runs a client; one that says nothing of failing but fails is told by what it wrote last. */
async function tool(program, args, cwd = root) {
  const { stderr } = await run(program, args, { cwd, timeout: TIMEOUT_MS, maxBuffer: 16 << 20 });
  // gem ends with 0 even if it fetched nothing.
  if (program === 'gem' && stderr.includes('ERROR:')) throw Object.assign(new Error(stderr), { stderr });
}

function reasonOf(error) {
  if (error.code === 'ENOENT') return `${error.path} is not here`;
  if (error.killed) return NO_ANSWER;
  const lines = `${error.stdout ?? ''}\n${error.stderr ?? ''}`.split('\n').map((line) => line.trim());
  const at = lines.findIndex((line) => /\b(?:error|ERROR|E:|ERR)/.test(line));
  const told = lines[at]?.endsWith(':') ? `${lines[at]} ${lines[at + 1] ?? ''}` : lines[at];
  return (told ?? lines.findLast((line) => line !== '') ?? String(error.message)).slice(0, 240);
}

async function sha256Of(path) {
  try {
    return createHash('sha256')
      .update(await readFile(path))
      .digest('hex');
  } catch (error) {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  }
}

function tell() {
  for (const { source, name, version } of fetched) console.log(`${source.padEnd(7)} ${name} ${version}`);
  for (const { source, name, reason } of skipped) console.log(`SKIPPED ${source} ${name}: ${reason}`);
  for (const line of wrong) console.error(`WRONG   ${line}`);
  console.log(`${fetched.length} fetched into ${folder}, ${skipped.length} skipped, ${wrong.length} wrong`);
  if (wrong.length > 0) process.exitCode = 1;
}
