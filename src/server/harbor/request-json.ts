import { parseMediaType } from '../../base/media-type.ts';
import { isWithinJsonBounds } from '../../codec/bounded-json.ts';
import { SCAN_REQUEST_TYPE } from './media-types.ts';
import { HarborRefusal, malformed } from './refusal.ts';

/** What scan requests of one version of the API are called. */
export interface RequestForm {
  /** Values of the media type's parameter; undefined for none. */
  readonly versions: ReadonlySet<string | undefined>;
  /** What to send instead of another type. */
  readonly hint: string;
}

const BOUNDS = { depth: 16, containers: 10_000 };

/** The body of a scan request as JSON. @throws HarborRefusal 400, 415 */
export function readRequestJson(
  contentType: string | undefined,
  body: unknown,
  { versions, hint }: RequestForm,
): unknown {
  if (!isRequestType(contentType, versions))
    throw new HarborRefusal(415, 'a scan request has another media type', {
      code: 'UNSUPPORTED_MEDIA_TYPE',
      hint,
    });
  const bytes = body instanceof Uint8Array ? body : new Uint8Array();
  if (!isWithinJsonBounds(bytes, BOUNDS)) throw malformed('the body is nested too deep');
  try {
    return JSON.parse(Buffer.from(bytes).toString());
  } catch {
    throw malformed('the body is not valid JSON');
  }
}

function isRequestType(contentType: string | undefined, versions: RequestForm['versions']): boolean {
  if (contentType === undefined || contentType.trim() === '') return true;
  const type = parseMediaType(contentType);
  if (type?.essence === 'application/json') return true;
  return type?.essence === SCAN_REQUEST_TYPE && versions.has(type.parameters.get('version'));
}
