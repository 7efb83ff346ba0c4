import { DrydockError } from '../../base/errors.ts';
import type { Signal } from '../../base/signal.ts';
import type { RegistryCredential } from '../../oci/credentials/credential.ts';
import { parseReference } from '../../oci/reference.ts';
import { assessLayers } from '../../scan/remote/assess-layers.ts';
import { apiDoor } from '../../server/api/door.ts';
import type { Door } from '../../server/door.ts';
import type { CatalogImage } from '../../store/catalog/catalog.ts';
import { openLayerAnalyses } from '../../store/layer-analyses.ts';
import { prefixed } from '../../store/prefixed.ts';
import type { Works } from './works.ts';

/** The door for people, scripts and Drydock's own client. */
export function openApiDoor(works: Works, stopping: AbortSignal): Door {
  const { run, work, reports, catalog, readers, registries, scans, store } = works;
  return apiDoor({
    version: run.version,
    stopping,
    requests: work.requests,
    reports,
    catalog,
    readers,
    readableName: (image, credential, options) => firstReadable(image, credential, registries, options),
    layersOf: ({ name }, analyzers) => openLayerAnalyses(prefixed(store.cache, `client/${name}/`), analyzers),
    assess: (image, layers, wishes) => assessLayers(image, layers, wishes, scans.options, scans.parts),
  });
}

/** Of so many names at most it is asked whether they open. */
const MAX_NAMES = 5;

async function firstReadable(
  image: CatalogImage,
  credential: RegistryCredential | undefined,
  registries: Works['registries'],
  { signal }: Signal,
): Promise<string | undefined> {
  for (const name of image.names.slice(-MAX_NAMES)) {
    const { registry, repository } = parseReference(name);
    try {
      await registries.check(registry, { signal });
      await registries.using(credential, registry, (client) =>
        client.resolveDigest({ registry, repository, digest: image.digest }, { signal }),
      );
      return name;
    } catch (error) {
      if (!(error instanceof DrydockError)) throw error;
    }
  }
  return undefined;
}
