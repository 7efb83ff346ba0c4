import { currentDatabases } from '../../scan/scan-image.ts';
import { compareDoor } from '../../server/compare/door.ts';
import { compositeDoor } from '../../server/composite/door.ts';
import type { CompositeParts } from '../../server/composite/parts.ts';
import type { Door } from '../../server/door.ts';
import { foreignTypes } from './foreign-types.ts';
import { remembered } from './remembered.ts';
import type { Works } from './works.ts';

const DATABASES_MS = 2000;

/** The door for scans of several types. */
export function openCompositeDoor(works: Works): Door {
  return compositeDoor(partsOf(works));
}

/** The door for comparisons of scanners, which are such scans. */
export function openCompareDoor(works: Works): Door {
  return compareDoor(partsOf(works));
}

function partsOf({ run, reports, scans, composite, scanners }: Works): CompositeParts {
  const { config } = run.loaded;
  return {
    version: run.version,
    composites: composite.composites,
    reports,
    results: composite.work,
    basePath: config.harborPath,
    answersAccepted: config.compositeAsync,
    foreignTypes: remembered(() => foreignTypes(scanners), DATABASES_MS),
    databases: remembered(() => currentDatabases(scans.parts), DATABASES_MS),
  };
}
