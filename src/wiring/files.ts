// Images and bills of materials in files, loaded when one is named.
export { openArchive } from '../oci/archive/archive.ts';
export { openStreamedArchive } from '../oci/archive/streamed-archive.ts';
export { looksLikeSbom, readSbom } from '../sbom/read-sbom.ts';
