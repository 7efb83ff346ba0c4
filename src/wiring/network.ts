// All that needs a network, in one file that is loaded only when there is something to fetch.
export {
  anonymous,
  dockerConfigCredentials,
  firstOf,
  staticCredentials,
} from '../oci/credentials/credentials.ts';
export { openHostGates } from '../oci/registry/host-gates.ts';
export { registryImageSource } from '../oci/registry/registry-image.ts';
export { openRegistry } from '../oci/registry/registry.ts';
export { openTransport } from '../oci/registry/transport.ts';
