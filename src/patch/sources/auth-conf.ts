import { Secret } from '../../base/secret.ts';

/** A user name and password for an archive. */
export interface ArchiveLogin {
  /** Absent for `https` alone. */
  readonly scheme?: string;
  /** With its port, where one is written. */
  readonly host: string;
  /** Begins with a slash; all below it is meant. */
  readonly path: string;
  readonly user: string;
  readonly password: Secret;
}

const MAX_TOKENS = 10_000;

/**
 * Logins in the form of netrc.
 * @see apt_auth.conf(5)
 */
export function parseAuthConf(text: string): ArchiveLogin[] {
  const tokens = text
    .split('\n')
    .filter((line) => !line.trimStart().startsWith('#'))
    .join('\n')
    .split(/\s+/, MAX_TOKENS)
    .filter(Boolean);
  const found: ArchiveLogin[] = [];
  let open: { machine: string; login: string; password: string } | undefined;
  const close = (): void => {
    if (open && open.login !== '') found.push(toLogin(open));
  };
  for (let i = 0; i + 1 < tokens.length; i += 2) {
    const [name, value = ''] = [tokens[i], tokens[i + 1]];
    if (name === 'machine') {
      close();
      open = { machine: value, login: '', password: '' };
    } else if (open && (name === 'login' || name === 'password')) open[name] = value;
  }
  close();
  return found;
}

function toLogin({
  machine,
  login,
  password,
}: {
  machine: string;
  login: string;
  password: string;
}): ArchiveLogin {
  const [, scheme, rest = machine] = /^([a-z0-9+.-]+):\/\/(.*)$/.exec(machine) ?? [];
  const slash = rest.indexOf('/');
  return {
    ...(scheme && { scheme }),
    host: (slash < 0 ? rest : rest.slice(0, slash)).toLowerCase(),
    path: slash < 0 ? '/' : rest.slice(slash),
    user: login,
    password: new Secret(password),
  };
}

/** The login for an address, if there is one. */
export function loginFor(url: URL, logins: readonly ArchiveLogin[]): ArchiveLogin | undefined {
  return logins.find(
    ({ scheme = 'https', host, path }) =>
      url.protocol === `${scheme}:` &&
      (host.includes(':') ? url.host === host : url.hostname === host) &&
      isBelow(url.pathname, path),
  );
}

function isBelow(path: string, top: string): boolean {
  return path === top || path.startsWith(top.endsWith('/') ? top : `${top}/`);
}

/** The value of the `authorization` header. */
export function basicAuthorization({ user, password }: Pick<ArchiveLogin, 'user' | 'password'>): string {
  return `Basic ${Buffer.from(`${user}:${password.reveal()}`).toString('base64')}`;
}
