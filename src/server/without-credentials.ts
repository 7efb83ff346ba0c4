const LOGIN_IN_URL = /(:\/\/)[^\s"]{1,1000}@/g;
const CREDENTIAL = /\b(Bearer|Basic)[ :]+[A-Za-z0-9+/=._~-]{16,8192}/gi;
const JWT = /\beyJ[A-Za-z0-9_-]{1,8192}\.[A-Za-z0-9._-]{1,8192}/g;

/** The text without log-ins in URLs, authorization headers and signed tokens, should anything ever bring them here. */
export function withoutCredentials(text: string): string {
  return text.replace(LOGIN_IN_URL, '$1…@').replace(CREDENTIAL, '$1 …').replace(JWT, '…');
}
