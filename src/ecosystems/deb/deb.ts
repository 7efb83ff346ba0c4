import { eachFile, type Analyzer } from '../../analysis/analyzer.ts';
import { deb } from '../../versions/deb.ts';
import type { Ecosystem } from '../ecosystem.ts';
import { parseStatus } from './parse-status.ts';

const STATUS = 'var/lib/dpkg/status';
const STATUS_DIRECTORY = 'var/lib/dpkg/status.d/';
/** Ten times the database of a machine with everything installed. */
const MAX_FILE_BYTES = 64 << 20;

/** The database of dpkg. */
const dpkgStatus: Analyzer = {
  id: 'dpkg-status',
  version: 1,
  maxFileBytes: MAX_FILE_BYTES,
  wants: (file) => file.path === STATUS,
  // dpkg keeps its last state as a hard link, and an archive may hold that name first.
  linkedNames: ['status', 'status-old'],
  usualPlaces: [STATUS],
  begin: eachFile((file) => {
    const result = parseStatus(file.content, file.path, 'all');
    // Elsewhere a file of that name may be anything at all.
    return file.path === STATUS || result.packages?.length ? result : undefined;
  }),
};

/** A record a file, as images have that were put together without dpkg. */
const dpkgStatusDirectory: Analyzer = {
  id: 'dpkg-status-d',
  version: 1,
  maxFileBytes: MAX_FILE_BYTES,
  wants: ({ path }) =>
    path.startsWith(STATUS_DIRECTORY) &&
    !path.includes('/', STATUS_DIRECTORY.length) &&
    !path.endsWith('.md5sums'),
  usualPlaces: [STATUS_DIRECTORY],
  begin: eachFile((file) => parseStatus(file.content, file.path, 'one')),
};

/** Packages of Debian, Ubuntu and their kin. */
export const debEcosystem: Ecosystem = {
  type: 'deb',
  analyzers: [dpkgStatus, dpkgStatusDirectory],
  versions: deb,
};
