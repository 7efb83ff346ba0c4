import { execFileSync, spawnSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { realDatabase } from '../fixtures/images.ts';
import { drydock } from '../fixtures/program.ts';
import { hasPythonSqlite } from '../fixtures/python-sqlite.ts';
import {
  fetched,
  fetchedFrom,
  filesIn,
  layOut,
  noteInstalled,
  PLACES,
  toLayout,
  type Source,
} from '../fixtures/real-packages.ts';
import {
  located,
  named,
  rowsOf,
  sampleDatabase,
  scanReal,
  sorted,
  withoutPath,
  writeJavaDatabase,
  type Row,
  type Told,
} from '../fixtures/real-rows.ts';
import {
  composerInstalled,
  dotnetLibraries,
  gemSpecifications,
  goModules,
  npmLs,
  packageJsons,
  pnpmPinned,
  pomProperties,
  pythonDistributions,
  rustCrates,
} from '../fixtures/real-truths.ts';
import { shared } from '../fixtures/shared.ts';

/** A real Trivy to compare with; never a dependency. */
const trivy = process.env['DRYDOCK_TRIVY'];
const canCompare = trivy !== undefined && existsSync(trivy) && shared !== undefined && hasPythonSqlite;

/** A quarter of a gigabyte is unpacked and packed, beside other tests. */
const SETUP_MS = 300_000;

/** Not all of them answer to `--version`. */
function isHere(tool: string): boolean {
  return spawnSync('sh', ['-c', `command -v ${tool}`], { stdio: 'ignore' }).status === 0;
}

/** A test that is skipped, and says so, where packages or tools that it needs are missing. */
function needing(
  packages: readonly (Source | `${Source}/${string}`)[],
  tools: readonly string[],
  title: string,
  body: () => void | Promise<void>,
): void {
  const missing = [
    ...packages.filter(
      (one) => !fetched.some(({ source, name }) => [source, `${source}/${name}`].includes(one)),
    ),
    ...tools.filter((tool) => !isHere(tool)),
  ];
  if (missing.length === 0) test(title, body);
  else test.skip(`${title} (missing: ${missing.join(', ')})`, body);
}

describe.skipIf(fetched.length === 0)(
  'packages as they are published (needs: node scripts/fetch-fixtures.mjs, or DRYDOCK_TEST_REAL)',
  () => {
    let tree: ReturnType<typeof layOut>;
    let work: string;
    let layout: string;
    let rows: Row[];

    beforeAll(async () => {
      work = mkdtempSync(join(tmpdir(), 'drydock-real-image-'));
      tree = layOut();
      layout = toLayout(tree.root, join(work, 'layout'));
      rows = await scanReal(`oci:${layout}:real`);
    }, SETUP_MS);
    afterAll(() => {
      tree.remove();
      rmSync(work, { recursive: true, force: true });
    });

    const ofType = (type: string, below = ''): Row[] =>
      rows.filter((row) => row.type === type && row.path.startsWith(below));
    const inTree = (path: string): string => join(tree.root, path);

    needing(['npm'], [], 'npm: what every package.json says of itself', () => {
      expect(located(ofType('node-pkg'))).toEqual(sorted(packageJsons(tree.root)));
      for (const { name, version, purl } of ofType('node-pkg'))
        expect(purl).toBe(`pkg:npm/${name.replace('@', '%40')}@${version.replaceAll('+', '%2B')}`);
    });

    needing(['npm'], ['npm'], 'npm: what npm itself lists, and nothing but what packages bring along', () => {
      const listed = npmLs(tree.root);
      expect(listed.length).toBeGreaterThan(100);
      const own = named(ofType('node-pkg', PLACES.nodeModules));
      expect(listed.filter((one) => !own.includes(one))).toEqual([]);
      const ownFolder = /\/node_modules\/npm\/(?:(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+\/)?package\.json$/;
      const ofNpm = ofType('node-pkg').filter(({ path }) => ownFolder.test(path));
      expect(named(ofNpm).filter((one) => !listed.includes(one))).toEqual([]);
    });

    needing(['pnpm'], [], 'npm: what the lock file pins in the store of pnpm, once each', () => {
      const own = ofType('node-pkg', PLACES.pnpm).filter(({ path }) =>
        /\/\.pnpm\/[^/]+\/node_modules\/(?:@[^/]+\/)?[^/]+\/package\.json$/.test(path),
      );
      expect(sorted(located(own).map(withoutPath))).toEqual(sorted(pnpmPinned()));
    });

    needing(['pypi'], ['python3'], 'PyPI: what importlib.metadata finds', () => {
      const own = ofType('python-pkg').map((row) => ({
        ...row,
        path: row.path.replace(/\/(?:METADATA|PKG-INFO)$/, ''),
      }));
      // The folder in a packed egg is none of the tree's.
      const found = pythonDistributions(tree.root).map((line) =>
        line.replace(/(zipped-egg\/[^/]+\.egg)\/EGG-INFO /, '$1 '),
      );
      expect(located(own)).toEqual(sorted(found));
      expect(named(own)).toEqual(
        expect.arrayContaining(fetchedFrom('pypi').map(({ name, version }) => `${name} ${version}`)),
      );
      for (const { name, version, purl } of own)
        expect(purl).toBe(`pkg:pypi/${name.toLowerCase().replaceAll('_', '-')}@${version}`);
    });

    needing(['debian/ruby-rack'], ['ruby'], 'gems: what RubyGems loads', () => {
      expect(located(ofType('gemspec'))).toEqual(sorted(gemSpecifications(tree.root)));
      expect(ofType('gemspec').length).toBeGreaterThan(0);
      for (const { name, version, purl } of ofType('gemspec'))
        expect(purl).toBe(`pkg:gem/${name}@${version}`);
    });

    needing(['npm/@esbuild/linux-x64'], ['go'], 'Go: what "go version -m" tells of programs', () => {
      const programs = [...new Set(ofType('gobinary').map(({ path }) => path))];
      expect(programs).toContain(`${PLACES.nodeModules}/@esbuild/linux-x64/bin/esbuild`);
      for (const program of programs) {
        const { go, main, modules } = goModules(inTree(program));
        const own = ofType('gobinary').filter(({ path }) => path === program);
        const library = own.filter(({ name }) => name !== main);
        expect(named(library)).toEqual(sorted([`stdlib v${go}`, ...modules]));
        expect(own.filter(({ name }) => name === main)).toHaveLength(main === undefined ? 0 : 1);
        for (const { name, version, purl } of library)
          expect(purl).toBe(`pkg:golang/${name.toLowerCase()}@${version.replaceAll('+', '%2B')}`);
      }
    });

    needing(['pypi/uv'], ['objcopy'], 'Rust: what cargo-auditable has noted in programs', () => {
      for (const program of ['uv', 'uvx'].map((name) => `${PLACES.python}/bin/${name}`)) {
        const own = ofType('rustbinary').filter(({ path }) => path === program);
        expect(named(own)).toEqual(sorted(rustCrates(inTree(program))));
        expect(own.length).toBeGreaterThan(400);
        for (const { name, version, purl } of own)
          expect(purl).toBe(`pkg:cargo/${name}@${version.replaceAll('+', '%2B')}`);
      }
    });

    needing(['pypi/pythonnet'], [], '.NET: libraries that bring something to run', () => {
      const path = `${PLACES.python}/pythonnet/runtime/Python.Runtime.deps.json`;
      const own = ofType('dotnet-core');
      expect(named(own)).toEqual(sorted(dotnetLibraries(inTree(path))));
      for (const { name, version, purl } of own) expect(purl).toBe(`pkg:nuget/${name}@${version}`);
    });

    needing(['debian/mediawiki'], [], 'Composer: what it has noted as installed', () => {
      const notes = filesIn(tree.root).filter((path) => path.endsWith('vendor/composer/installed.json'));
      expect(named(ofType('composer-vendor'))).toEqual(
        sorted(notes.flatMap((path) => composerInstalled(inTree(path)))),
      );
      for (const { name, version, purl } of ofType('composer-vendor'))
        expect(purl).toBe(`pkg:composer/${name.toLowerCase()}@${version.replaceAll('+', '%2B')}`);
    });

    needing(['debian/wordpress'], [], 'WordPress: the version that it gives itself', () => {
      const file = filesIn(tree.root).filter((path) => path.endsWith('wp-includes/version.php'));
      const stated = file.map((path) => {
        const version = /^\$wp_version = '([^']+)';$/m.exec(readFileSync(inTree(path), 'utf8'))?.[1] ?? '';
        return `wordpress ${version}`;
      });
      const core = ofType('wordpress').filter(({ path }) => path.endsWith('wp-includes/version.php'));
      expect(named(core)).toEqual(stated);
    });

    describe('Java archives', () => {
      const isArchive = (path: string): boolean => /\.[jwe]ar$/.test(path);
      /** Maven takes no other characters. */
      const COORDINATES = /^(?:[\w.-]+:)?[\w.-]+$/;

      needing(['maven'], ['unzip'], 'say in pom.properties what they are and what is packed in them', () => {
        const stated = filesIn(tree.root)
          .filter(isArchive)
          .flatMap((path) => pomProperties(inTree(path), path));
        expect(located(ofType('jar'))).toEqual(expect.arrayContaining(stated));
        expect(stated.map(withoutPath)).toEqual(
          expect.arrayContaining(['org.yaml:snakeyaml 1.29', 'org.jolokia:jolokia-core 1.7.1']),
        );
      });

      needing(['maven'], [], 'have no name that no repository could have', () => {
        expect(ofType('jar').filter(({ name }) => !COORDINATES.test(name))).toEqual([]);
        for (const { name, version, purl } of ofType('jar'))
          expect(purl).toBe(`pkg:maven/${name.replace(':', '/')}@${version}`);
      });

      needing(['maven'], [], 'all that was asked for is there, at least by the name of its file', () => {
        for (const { name, version, file } of fetchedFrom('maven')) {
          const own = ofType('jar').filter(({ path }) => path === `${PLACES.jars}/${file.split('/').at(-1)}`);
          const artifact = name.split(':')[1] ?? '';
          expect(own.map((row) => `${row.name.split(':').at(-1)} ${row.version}`)).toContain(
            `${artifact} ${version}`,
          );
        }
      });

      needing(
        ['maven'],
        ['python3'],
        'are what was asked for, once a database knows their digests',
        async () => {
          const cache = join(work, 'cache');
          const java = join(work, 'java-db');
          writeJavaDatabase(java);
          const archive = join(work, 'java.tar.gz');
          execFileSync('tar', ['-czf', archive, '-C', java, 'trivy-java.db', 'metadata.json']);
          const into = ['--cache-dir', cache];
          expect(await drydock(['db', 'import', ...into, '--db', 'java', archive])).toMatchObject({
            code: 0,
          });
          const flags = ['--db-path', sampleDatabase, '--db', 'trivy,java', '--skip-db-update', ...into];
          const format = ['--format', 'json', '--list-all-pkgs'];
          const run = await drydock(['scan', ...flags, ...format, `oci:${layout}:real`]);
          expect(run.code).toBe(0);
          const jars = rowsOf(JSON.parse(run.stdout) as Told).filter(({ type }) => type === 'jar');
          const wanted = fetchedFrom('maven').map(
            ({ name, version, file }) => `${PLACES.jars}/${file.split('/').at(-1)} ${name} ${version}`,
          );
          expect(located(jars)).toEqual(expect.arrayContaining(wanted));
        },
      );
    });

    test('a directory has what the image has', async () => {
      expect(located(await scanReal(`dir:${tree.root}`))).toEqual(located(rows));
    });

    describe.skipIf(!canCompare)(
      'compared with Trivy (needs DRYDOCK_TRIVY, ../shared, python3 with sqlite3)',
      () => {
        let theirs: Row[];
        let database: ReturnType<typeof realDatabase>;

        beforeAll(() => {
          database = realDatabase();
          const home = join(work, 'trivy');
          mkdirSync(join(home, 'db'), { recursive: true });
          copyFileSync(join(database?.folder ?? '', 'trivy.db'), join(home, 'db', 'trivy.db'));
          const metadata = JSON.parse(
            readFileSync(join(database?.folder ?? '', 'metadata.json'), 'utf8'),
          ) as object;
          const downloaded = { ...metadata, DownloadedAt: new Date().toISOString() };
          writeFileSync(join(home, 'db', 'metadata.json'), JSON.stringify(downloaded));
          writeJavaDatabase(join(home, 'java-db'));
          const output = join(work, 'trivy.json');
          const offline = ['--offline-scan', '--skip-db-update', '--skip-java-db-update'];
          const flags = ['--scanners', 'vuln', '--format', 'json', '--list-all-pkgs', '-o', output];
          const args = ['--cache-dir', home, 'image', '--input', layout, ...flags, ...offline];
          execFileSync(trivy ?? '', args, { stdio: 'ignore', env: { ...process.env, HOME: home } });
          theirs = rowsOf(JSON.parse(readFileSync(output, 'utf8')) as Told);
        }, SETUP_MS);
        afterAll(() => database?.remove());

        const brief = (all: readonly Row[], type: string): string[] =>
          sorted(all.filter((row) => row.type === type).map(({ name, version }) => `${name} ${version}`));

        test.each(['node-pkg', 'python-pkg', 'gemspec', 'rustbinary'])('the same %s packages', (type) => {
          expect(brief(rows, type)).toEqual(brief(theirs, type));
        });
        test('the same modules of Go programs, which it does not tell the main one and the library of', () => {
          const told = brief(rows, 'gobinary').filter(
            (one) => !one.startsWith('stdlib ') && !one.endsWith(' '),
          );
          expect(told).toEqual(brief(theirs, 'gobinary'));
        });
        test('.NET libraries, of which it tells those that bring nothing to run, too', () => {
          expect(brief(theirs, 'dotnet-core')).toEqual(
            expect.arrayContaining(
              brief(rows, 'dotnet-core').filter((one) => !one.startsWith('Python.Runtime ')),
            ),
          );
        });
        test('jars that say what they are', () => {
          const asked = fetchedFrom('maven').map(({ name, version }) => `${name} ${version}`);
          // Only its database of archives tells these; ours was not asked for one here.
          const stated = brief(theirs, 'jar').filter(
            (one) => !asked.includes(one) || brief(rows, 'jar').includes(one),
          );
          expect(brief(rows, 'jar')).toEqual(expect.arrayContaining(stated));
          expect(stated.length).toBeGreaterThan(10);
        });
      },
    );

    describe('of Debian packages that are noted as installed', () => {
      needing(['debian'], ['dpkg-deb'], 'the distribution speaks for what lies in them', async () => {
        noteInstalled(tree);
        const installed = await scanReal(`dir:${tree.root}`);
        const os = installed.filter(({ type }) => type === 'os');
        expect(os.map(({ name }) => name).sort()).toEqual(
          sorted(fetchedFrom('debian').map(({ name }) => name)),
        );
        for (const { name, version } of fetchedFrom('debian')) {
          const epochless = version.replace(/^\d+:/, '');
          expect(os.find((row) => row.name === name)?.purl).toContain(
            `pkg:deb/debian/${name}@${encodeURIComponent(epochless)}?`,
          );
        }
        const owned = new Set(
          fetchedFrom('debian').flatMap(({ name }) =>
            readFileSync(inTree(`var/lib/dpkg/info/${name}.list`), 'utf8').split('\n'),
          ),
        );
        const told = installed.filter(({ type }) => type !== 'os');
        expect(told.filter(({ path }) => owned.has(`/${path}`))).toEqual([]);
        expect(located(told)).toEqual(located(rows.filter(({ path }) => !owned.has(`/${path}`))));
      });
    });
  },
);
