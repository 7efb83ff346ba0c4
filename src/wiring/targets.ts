import { createReadStream } from 'node:fs';
import { open, readFile } from 'node:fs/promises';
import { DrydockError } from '../base/errors.ts';
import { systemReason } from '../config/system-reason.ts';
import { openLayout } from '../oci/layout/layout.ts';
import type { Location } from '../oci/locate.ts';
import type { RegistryClient } from '../oci/registry/registry.ts';
import type { ImageSource } from '../oci/source.ts';
import type { ScanTarget } from '../scan/scan-image.ts';
import type { Run } from './run.ts';

const READ_BYTES = 1 << 20;

export type OpenTarget = ScanTarget & AsyncDisposable;

/** Opens what was located, to be scanned. */
export async function openTarget(
  location: Location,
  run: Run,
  registry: () => Promise<RegistryClient>,
): Promise<OpenTarget> {
  const { name } = location;
  switch (location.kind) {
    case 'registry': {
      const { registryImageSource } = await import('./network.ts');
      return imageTarget(registryImageSource(await registry(), location.reference, name));
    }
    case 'layout':
      return imageTarget(await openLayout(location.path, location, name));
    case 'sbom':
      return await sbomTarget(location.path, name);
    case 'archive': {
      if (location.archive === undefined && (await isSbomFile(location.path)))
        return await sbomTarget(location.path, name);
      const { openArchive } = await import('./files.ts');
      const source = await openArchive(location.path, location.archive, location, name);
      if (source) return imageTarget(source);
      return await streamTarget(location, () =>
        createReadStream(location.path, { highWaterMark: READ_BYTES }),
      );
    }
    case 'stdin':
      return await streamTarget(location, run.stdin);
    case 'directory':
      return { kind: 'directory', path: location.path, name, [Symbol.asyncDispose]: () => Promise.resolve() };
  }
}

const SBOM_START_BYTES = 4096;

async function isSbomFile(path: string): Promise<boolean> {
  const { looksLikeSbom } = await import('./files.ts');
  await using file = await open(path, 'r');
  const { buffer, bytesRead } = await file.read(Buffer.alloc(SBOM_START_BYTES), 0, SBOM_START_BYTES, 0);
  return looksLikeSbom(buffer.subarray(0, bytesRead));
}

async function sbomTarget(path: string, name: string): Promise<OpenTarget> {
  const { readSbom } = await import('./files.ts');
  const bytes = await readFile(path).catch((cause: unknown) => {
    throw new DrydockError('SOURCE_NOT_FOUND', `cannot read ${path}: ${systemReason(cause)}`, { cause });
  });
  const { image, inventory } = readSbom(bytes, name);
  return { kind: 'inventory', image, inventory, [Symbol.asyncDispose]: () => Promise.resolve() };
}

function imageTarget(source: ImageSource): OpenTarget {
  return { kind: 'image', source, [Symbol.asyncDispose]: () => source[Symbol.asyncDispose]() };
}

async function streamTarget(
  location: Location & { kind: 'archive' | 'stdin' },
  open: () => AsyncIterable<Uint8Array>,
): Promise<OpenTarget> {
  const { openStreamedArchive } = await import('./files.ts');
  const archive = openStreamedArchive(open, location.archive, location, location.name);
  return { kind: 'streamed', archive, [Symbol.asyncDispose]: () => archive[Symbol.asyncDispose]() };
}
