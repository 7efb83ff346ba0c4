// Writes the catalogue of maintainer scripts (src/patch/embedded/scripts/catalogue/debian-*.ts) from packages of a release:
//
//   node scripts/classify-maintainer-scripts.mjs 12 FOLDER_WITH_DEBS_OR_DPKG_INFO…
//
// Get the packages with `apt-get download`. A script is only entered where someone has read it: where its package is
// among the reviews (maintainer-scripts/debian-*.mjs). Templates of debhelper need none (catalogue/templates.ts). What is new is listed on stderr to be
// read, and refused by the engine until then. Entries that are there already stay. Needs dpkg-deb.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, existsSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as esbuild from 'esbuild';

const CATALOGUE = new URL('../src/patch/embedded/scripts/catalogue/', import.meta.url);
/** Packages in one file. */
const MAX_PACKAGES = 25;
const KINDS = ['preinst', 'postinst', 'prerm', 'postrm'];

const [, , release, ...folders] = process.argv;
const { REVIEWS } = await import(`./maintainer-scripts/debian-${release}.mjs`);
const { normaliseScript, scriptKey } = await load('../src/patch/embedded/scripts/normalise-script.ts');
const { templateOf } = await load('../src/patch/embedded/scripts/catalogue/templates.ts');
/** Keys by package and script; those that are there already stay. */
const keys = new Map(
  (await loadKnown()).flatMap(({ name, architecture, scripts }) =>
    Object.entries(scripts).map(([kind, list]) => [
      `${architecture ? `${name} ${architecture}` : name} ${kind}`,
      new Set(list),
    ]),
  ),
);

for (const folder of folders) for (const script of scriptsIn(folder)) enter(script);
write();

async function load(path) {
  const file = new URL(path, import.meta.url);
  if (!existsSync(file)) return {};
  const { outputFiles } = await esbuild.build({
    entryPoints: [file.pathname],
    bundle: true,
    platform: 'node',
    format: 'esm',
    write: false,
  });
  return import(`data:text/javascript;base64,${Buffer.from(outputFiles[0].contents).toString('base64')}`);
}

async function loadKnown() {
  const modules = await Promise.all(
    partsOfRelease().map((file) => load(`../src/patch/embedded/scripts/catalogue/${file}`)),
  );
  return modules.flatMap((module) => Object.values(module).flat());
}

function partsOfRelease() {
  return readdirSync(CATALOGUE)
    .filter((file) => file.startsWith(`debian-${release}`))
    .sort();
}

function* scriptsIn(folder) {
  if (existsSync(join(folder, 'status'))) return yield* installedScripts(folder);
  for (const name of readdirSync(folder)
    .filter((file) => file.endsWith('.deb'))
    .sort()) {
    const into = mkdtempSync(join(tmpdir(), 'maintainer-scripts-'));
    execFileSync('dpkg-deb', ['-e', join(folder, name), join(into, 'c')]);
    const control = readFileSync(join(into, 'c/control'), 'utf8');
    const owner = ownerOf(control);
    for (const kind of KINDS) {
      const file = join(into, 'c', kind);
      if (existsSync(file)) yield { owner, kind, text: readFileSync(file, 'utf8') };
    }
    rmSync(into, { recursive: true });
  }
}

function* installedScripts(folder) {
  for (const stanza of readFileSync(join(folder, 'status'), 'utf8').split(/\n\n+/)) {
    const owner = ownerOf(stanza);
    for (const kind of KINDS) {
      for (const stem of [owner.name, `${owner.name}:${owner.architecture}`]) {
        const file = join(folder, 'info', `${stem}.${kind}`);
        if (existsSync(file)) yield { owner, kind, text: readFileSync(file, 'utf8') };
      }
    }
  }
}

function ownerOf(text) {
  const [name, version, architecture] = ['Package', 'Version', 'Architecture'].map((key) => field(text, key));
  return { name, version, architecture };
}

function field(text, name) {
  return new RegExp(`^${name}: *(.*)$`, 'm').exec(text)?.[1] ?? '';
}

function enter({ owner, kind, text }) {
  const key = scriptKey(text, owner);
  if (templateOf(normaliseScript(text, owner))) return;
  const own = `${owner.name} ${owner.architecture}`;
  const review = REVIEWS[own] ? own : owner.name;
  if (!REVIEWS[review])
    return console.error(`not reviewed: ${owner.name} ${owner.version} ${kind} ${key.slice(0, 12)}`);
  const label = `${review} ${kind}`;
  if (!keys.get(label)?.has(key)) console.error(`new: ${label} of ${owner.version} ${key.slice(0, 12)}`);
  keys.set(label, new Set([...(keys.get(label) ?? []), key]));
}

function write() {
  const reviewed = Object.entries(REVIEWS).flatMap(([entry, [letter, reason, checks = [], emulation]]) => {
    const [name, architecture] = entry.split(' ');
    const scripts = KINDS.flatMap((kind) => {
      const list = keys.get(`${entry} ${kind}`);
      return list ? [[kind, [...list].sort()]] : [];
    });
    if (scripts.length === 0) return [];
    const more = { ...(checks.length > 0 && { checks }), ...(emulation && { emulation }) };
    return [
      {
        name,
        ...(architecture && { architecture }),
        class: letter,
        reason,
        ...more,
        scripts: Object.fromEntries(scripts),
      },
    ];
  });
  for (const file of partsOfRelease()) rmSync(new URL(file, CATALOGUE));
  const names = [];
  for (let at = 0; at < reviewed.length; at += MAX_PACKAGES) {
    const letter = reviewed.length > MAX_PACKAGES ? `-${String.fromCharCode(97 + names.length)}` : '';
    names.push(`debian-${release}${letter}`);
    writePart(names.at(-1), reviewed.slice(at, at + MAX_PACKAGES));
  }
  console.error(`${reviewed.length} packages in ${names.join(', ')}: named in catalogue/debian.ts?`);
}

function writePart(name, packages) {
  const target = new URL(`${name}.ts`, CATALOGUE);
  const lines = packages.map((each) => `  ${JSON.stringify(each)},\n`).join('');
  writeFileSync(
    target,
    `import type { ReviewedPackage } from '../script-rule.ts';\n\n/** Written by scripts/classify-maintainer-scripts.mjs, from packages of Debian ${release}. */\nexport const ${name.toUpperCase().replaceAll('-', '_')}: readonly ReviewedPackage[] = [\n${lines}];\n`,
  );
  execFileSync('npx', ['prettier', '--write', target.pathname], { stdio: 'ignore' });
}
