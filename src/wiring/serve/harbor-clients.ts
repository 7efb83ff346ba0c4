import { currentDatabases } from '../../scan/scan-image.ts';
import type { Door } from '../../server/door.ts';
import { harborDoor } from '../../server/harbor/door.ts';
import { foreignTypes } from './foreign-types.ts';
import { remembered } from './remembered.ts';
import type { Works } from './works.ts';

/** Harbor asks with every scan and every report. */
const DATABASES_MS = 2000;

/** The door for Harbor. */
export function openHarborDoor({ run, work, reports, scans, scanners }: Works): Door {
  return harborDoor({
    version: run.version,
    requests: work.requests,
    reports,
    basePath: run.loaded.config.harborPath,
    foreignTypes: remembered(() => foreignTypes(scanners), DATABASES_MS),
    databases: remembered(() => currentDatabases(scans.parts), DATABASES_MS),
  });
}
