import { eachFile, type Analyzer } from '../../analysis/analyzer.ts';
import { apk } from '../../versions/apk.ts';
import type { Ecosystem } from '../ecosystem.ts';
import { parseInstalled } from './parse-installed.ts';

const PLACES: readonly string[] = ['lib/apk/db/installed', 'usr/lib/apk/db/installed'];

/** The database of apk-tools. */
const apkInstalled: Analyzer = {
  id: 'apk-installed',
  version: 1,
  /** Lists every installed file: room for half a million of them. */
  maxFileBytes: 64 << 20,
  wants: (file) => PLACES.includes(file.path),
  linkedNames: ['installed'],
  usualPlaces: PLACES,
  begin: eachFile((file) => {
    const result = parseInstalled(file.content, file.path);
    // Elsewhere a file of that name may be anything at all.
    return PLACES.includes(file.path) || result.packages?.length ? result : undefined;
  }),
};

/** Packages of Alpine, Wolfi and their kin. */
export const apkEcosystem: Ecosystem = { type: 'apk', analyzers: [apkInstalled], versions: apk };
