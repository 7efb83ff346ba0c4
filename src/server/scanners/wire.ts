import type { AdapterAuth, ScannerRegistration } from '../../model/scanner-registration.ts';
import type { AdapterMetadata } from '../../scan/scanners/adapter/metadata.ts';
import type { RegistrationState } from '../../scan/scanners/registered-scanners.ts';
import { LOCAL_ID } from '../../scan/scanners/rank.ts';
import type { ScannerBook } from '../../store/registrations.ts';

const AUTH_WORDS: Readonly<Record<AdapterAuth, string>> = {
  none: '',
  basic: 'Basic',
  bearer: 'Bearer',
  'api-key': 'APIKey',
};

/** A registration as it is told: by Harbor's names, and without its credential. */
export function toWire(
  registration: ScannerRegistration,
  state: RegistrationState,
  { book, hasCredential }: { readonly book: ScannerBook; readonly hasCredential: boolean },
): object {
  const { target } = registration;
  return {
    id: registration.id,
    name: registration.name,
    description: registration.description,
    ...(target.kind === 'adapter'
      ? {
          url: target.url,
          auth: AUTH_WORDS[target.auth],
          skip_certVerify: target.skipCertVerify,
          ...(target.caCertificate !== undefined && { caCertificate: target.caCertificate }),
        }
      : { program: target.command }),
    hasCredential,
    disabled: registration.isDisabled,
    is_default: (book.defaultId ?? LOCAL_ID) === registration.id,
    priority: registration.priority,
    ...(registration.scanTypes && { scanTypes: registration.scanTypes }),
    repositories: registration.repositories,
    maxInFlight: registration.maxInFlight,
    timeouts: timesOf(registration),
    origin: registration.origin,
    ...(registration.isDraining && { draining: true }),
    health: healthOf(state),
    ...(state.metadata && { scanner: scannerOf(state.metadata) }),
    create_time: registration.createdAt,
    update_time: registration.updatedAt,
  };
}

function healthOf({ state, circuit, checkedAt, problem }: RegistrationState): object {
  return {
    state,
    circuit,
    ...(checkedAt !== undefined && { checkedAt: new Date(checkedAt).toISOString() }),
    ...(problem !== undefined && { problem }),
  };
}

function scannerOf({ identity: { name, vendor, version } }: AdapterMetadata): object {
  return { name, vendor, version };
}

/** What a scanner says of itself, as Harbor's API has it. */
export function metadataToWire({ identity, capabilities, properties }: AdapterMetadata): object {
  const { name, vendor, version } = identity;
  return {
    scanner: { name, vendor, version },
    capabilities: capabilities.map(({ type, consumes, produces, billMediaTypes }) => ({
      type,
      consumes_mime_types: consumes,
      produces_mime_types: produces,
      ...(billMediaTypes.length > 0 && { additional_attributes: { sbom_media_types: billMediaTypes } }),
    })),
    properties: { ...properties },
  };
}

/** What `PATCH` makes of a registration: the fields as they are, with those that were sent. */
export function changedFields(known: ScannerRegistration, sent: object): Record<string, unknown> {
  const fields = { ...fieldsOf(known), ...sent };
  const { timeouts } = sent as { timeouts?: unknown };
  const areSome = typeof timeouts === 'object' && timeouts !== null && !Array.isArray(timeouts);
  return areSome ? { ...fields, timeouts: { ...timesOf(known), ...timeouts } } : fields;
}

function timesOf({ timeouts }: ScannerRegistration) {
  return {
    submit: timeouts.submitSeconds,
    report: timeouts.reportSeconds,
    scan: timeouts.scanSeconds,
  };
}

function fieldsOf(registration: ScannerRegistration): Record<string, unknown> {
  const { name, description, priority, isDisabled, scanTypes, repositories, maxInFlight, target } =
    registration;
  return {
    name,
    description,
    priority,
    disabled: isDisabled,
    ...(scanTypes && { scanTypes }),
    repositories,
    maxInFlight,
    timeouts: timesOf(registration),
    ...(target.kind === 'adapter' && {
      url: target.url,
      auth: AUTH_WORDS[target.auth],
      skip_certVerify: target.skipCertVerify,
      ...(target.caCertificate !== undefined && { caCertificate: target.caCertificate }),
    }),
  };
}
