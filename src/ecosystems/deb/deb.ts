import type { Analyzer } from '../../analysis/analyzer.ts';
import { deb } from '../../versions/deb.ts';
import type { Ecosystem } from '../ecosystem.ts';
import {
  beginStatus,
  beginStatusDirectory,
  isFileList,
  STATUS,
  STATUS_DIRECTORY,
} from './status-sessions.ts';

/** Ten times the database of a machine with everything installed. */
const MAX_FILE_BYTES = 64 << 20;

/** The database of dpkg. */
const dpkgStatus: Analyzer = {
  id: 'dpkg-status',
  reads: 'var/lib/dpkg/status, info/*.list',
  version: 2,
  maxFileBytes: MAX_FILE_BYTES,
  wants: ({ path }) => path === STATUS || isFileList(path),
  // dpkg keeps its last state as a hard link, and an archive may hold that name first.
  linkedNames: ['status', 'status-old'],
  usualPlaces: [STATUS],
  begin: beginStatus,
};

/** A record a file, as images have that were put together without dpkg. */
const dpkgStatusDirectory: Analyzer = {
  id: 'dpkg-status-d',
  reads: 'var/lib/dpkg/status.d/*',
  version: 2,
  maxFileBytes: MAX_FILE_BYTES,
  wants: ({ path }) => path.startsWith(STATUS_DIRECTORY) && !path.includes('/', STATUS_DIRECTORY.length),
  usualPlaces: [STATUS_DIRECTORY],
  begin: beginStatusDirectory,
};

/** Packages of Debian, Ubuntu and their kin. */
export const debEcosystem: Ecosystem = {
  type: 'deb',
  analyzers: [dpkgStatus, dpkgStatusDirectory],
  versions: deb,
};
