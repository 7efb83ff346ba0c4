import { DrydockError } from '../../base/errors.ts';
import { assess } from '../../scan/assess.ts';
import { currentDatabases, databasesText } from '../../scan/scan-image.ts';
import type { Authentication } from '../../server/auth/authentication.ts';
import type { Caller } from '../../server/caller.ts';
import type { Door } from '../../server/door.ts';
import { trivyDoor } from '../../server/trivy/door.ts';
import type { TrivyDoorParts } from '../../server/trivy/parts.ts';
import type { Config } from '../../config/schema.ts';
import type { ImageScans } from './image-scans.ts';
import { remembered } from './remembered.ts';
import type { SharedStore } from './shared-store.ts';

/** Asking the disk with every request would be the dearest part of many. */
const IDENTITY_MS = 500;

/** The door for Trivy's clients. */
export function openTrivyDoor(
  config: Config,
  store: SharedStore,
  scans: ImageScans,
  authentication: Authentication,
): Door {
  const { parts } = scans;
  // Clients name their jars themselves, and what they look for besides comes with what they put.
  const { javaDb: _named, ...judging } = parts;
  const judgingParts = {
    ...judging,
    analyzers: { ...parts.analyzers, choice: { ...parts.analyzers.choice, scanners: [] } },
  };
  return trivyDoor({
    blobs: store.trivyBlobs,
    assess: (image, inventory, options) => assess(image, inventory, options, judgingParts),
    databaseIdentity: remembered(async () => databasesText(await currentDatabases(parts)), IDENTITY_MS),
    pathPrefix: config.pathPrefix,
    tokenHeader: config.tokenHeader,
    ...(!authentication.isOpen && { authenticate: (request) => authenticated(request, authentication) }),
  });
}

type Request = Parameters<NonNullable<TrivyDoorParts['authenticate']>>[0];

async function authenticated({ headers, socket }: Request, authentication: Authentication): Promise<Caller> {
  const caller = await authentication.authenticate(headers, socket);
  if (caller) return caller;
  throw new DrydockError('UNAUTHENTICATED', 'invalid token');
}
