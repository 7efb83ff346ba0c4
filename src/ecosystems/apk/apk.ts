import { eachFile, type Analyzer } from '../../analysis/analyzer.ts';
import { apk } from '../../versions/apk.ts';
import type { Ecosystem } from '../ecosystem.ts';
import { installedFiles } from './installed-files.ts';
import { parseInstalled } from './parse-installed.ts';

const PLACES: readonly string[] = ['lib/apk/db/installed', 'usr/lib/apk/db/installed'];

/** The database of apk-tools. */
const apkInstalled: Analyzer = {
  id: 'apk-installed',
  reads: 'lib/apk/db/installed',
  version: 2,
  /** Lists every installed file: room for half a million of them. */
  maxFileBytes: 64 << 20,
  wants: (file) => PLACES.includes(file.path),
  linkedNames: ['installed'],
  usualPlaces: PLACES,
  begin: eachFile(({ path, content }) => {
    const result = parseInstalled(content, path);
    // Elsewhere a file of that name may be anything at all.
    if (!PLACES.includes(path)) return result.packages?.length ? result : undefined;
    const database = Buffer.from(content);
    return { ...result, installedFiles: () => installedFiles(database) };
  }),
};

/** Packages of Alpine, Wolfi and their kin. */
export const apkEcosystem: Ecosystem = { type: 'apk', analyzers: [apkInstalled], versions: apk };
