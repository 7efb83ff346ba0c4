import { isObject, listOf, parseJson, textOf } from '../json.ts';
import { quoted } from '../quoted.ts';
import { headerOf, readBody, type HttpAnswer } from './transport.ts';

const MAX_BYTES = 16 * 1024;
const MAX_ERRORS = 3;

/**
 * What the body of a failed request says, fit to be shown: cut, quoted, and without any of the secrets, which a
 * server might send back.
 * @see OCI Distribution Spec 1.1, "Error Codes"
 */
export async function errorDetail(
  answer: HttpAnswer,
  secrets: readonly string[],
): Promise<string | undefined> {
  const bytes = await bodyOf(answer);
  if (!bytes || bytes.length === 0) return undefined;
  const text = withoutSecrets(new TextDecoder().decode(bytes), secrets);
  const type = headerOf(answer.headers, 'content-type') ?? '';
  return fromJson(text) ?? (isPage(type, text) ? undefined : quoted(text.trim()));
}

async function bodyOf(answer: HttpAnswer): Promise<Uint8Array | undefined> {
  try {
    return await readBody(answer, MAX_BYTES);
  } catch {
    return undefined; // the status alone must do
  }
}

function fromJson(text: string): string | undefined {
  const body = jsonOf(text);
  if (!isObject(body)) return undefined;
  const errors = Array.isArray(body['errors']) ? listOf(body['errors'], 'errors', DETAIL) : [];
  const told = errors.slice(0, MAX_ERRORS).flatMap(describe);
  if (told.length > 0) return told.join(', ');
  // Token servers speak OAuth, or give just a word.
  const single = ['error_description', 'message', 'details', 'detail', 'error'].map((key) =>
    textOf(body[key]),
  );
  const first = single.find((value) => value !== undefined && value !== '');
  return first === undefined ? undefined : quoted(first);
}

const DETAIL = { code: 'REGISTRY_PROTOCOL', of: 'an error' } as const;

function jsonOf(text: string): unknown {
  try {
    return parseJson(Buffer.from(text), DETAIL);
  } catch {
    return undefined; // then it is shown as text
  }
}

function describe(error: unknown): string[] {
  if (!isObject(error)) return [];
  const [code, message] = [textOf(error['code']), textOf(error['message'])];
  const shown = code && /^[A-Z0-9_]{1,60}$/.test(code) ? code : undefined;
  const parts = [...(shown ? [shown] : []), ...(message ? [quoted(message)] : [])];
  return parts.length > 0 ? [parts.join(' ')] : [];
}

function isPage(type: string, text: string): boolean {
  return type.toLowerCase().startsWith('text/html') || text.trimStart().startsWith('<');
}

function withoutSecrets(text: string, secrets: readonly string[]): string {
  return secrets.reduce(
    (rest, secret) => (secret.length < 4 ? rest : rest.replaceAll(secret, '[secret]')),
    text,
  );
}
