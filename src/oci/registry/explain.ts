import { DrydockError, messageOf, type ErrorCode } from '../../base/errors.ts';
import { quoted } from '../quoted.ts';
import type { Endpoint } from './endpoint.ts';
import { HttpFailure, ShortBody } from './http-failure.ts';
import { codeOf, networkFault } from './network-fault.ts';

/** What was wanted, to say so when it was not to be had. */
export interface Subject {
  /** As in "manifest of alpine:3". */
  readonly of: string;
  /** When the registry has no such thing. */
  readonly missing: ErrorCode;
  /** It was to be written and not read. */
  readonly isPushed?: true;
}

/** The failure in our own words; what is not one of HTTP or the network is given back as it is. */
export function explain(error: unknown, subject: Subject, endpoint: Endpoint): unknown {
  if (error instanceof DrydockError) return error;
  if (error instanceof HttpFailure) return explainAnswer(error, subject, endpoint);
  if (codeOf(error) === 'UND_ERR_DESTROYED') {
    return new DrydockError('CANCELLED', `the ${subject.of} is not read on: the registry client was closed`);
  }
  return explainNetwork(error, subject, endpoint) ?? error;
}

function explainAnswer(failure: HttpFailure, subject: Subject, endpoint: Endpoint): DrydockError {
  const { status, role } = failure;
  if (role !== 'storage' && (status === 401 || status === 403)) return denied(failure, subject, endpoint);
  if (role === 'token' && failure.signedIn && status === 400) return denied(failure, subject, endpoint);
  if (status === 404 && role !== 'token') return missing(failure, subject, endpoint);
  if (status === 429) return busy(failure, subject, endpoint);
  const code = status < 400 ? 'REGISTRY_PROTOCOL' : 'REGISTRY_FAILED';
  const message = `cannot ${verbOf(subject)} the ${subject.of}: ${whose(failure, endpoint)} answered ${status}${said(failure)}`;
  return new DrydockError(code, message, { cause: failure });
}

function denied(failure: HttpFailure, subject: Subject, endpoint: Endpoint): DrydockError {
  const { of } = subject;
  const { registry, repository } = endpoint;
  const told = `(${failure.status}${said(failure)})`;
  if (failure.signedIn) {
    return new DrydockError(
      'REGISTRY_DENIED',
      `registry ${registry} refuses the credentials for the ${of} ${told}`,
      {
        hint: `Check the user name and password, or log in anew with "docker login ${registry}"; the account needs to be allowed to ${subject.isPushed ? 'push to' : 'pull'} ${repository}.`,
        cause: failure,
      },
    );
  }
  const message = subject.isPushed
    ? `registry ${registry} does not take the ${of} from anonymous users ${told}`
    : `registry ${registry} does not give the ${of} to anonymous users: it does not exist, or is private ${told}`;
  return new DrydockError('REGISTRY_DENIED', message, { hint: logIn(registry), cause: failure });
}

function missing(failure: HttpFailure, subject: Subject, { registry }: Endpoint): DrydockError {
  const hint = failure.signedIn ? undefined : `If it is private: ${logIn(registry)}`;
  const message = `registry ${registry} has no ${subject.of}${said(failure)}`;
  return new DrydockError(subject.missing, message, { hint, cause: failure });
}

function busy(failure: HttpFailure, subject: Subject, endpoint: Endpoint): DrydockError {
  const wait = failure.retryAfterMs;
  const asks = wait === undefined ? '' : `, and to come back in ${Math.ceil(wait / 1000)} s`;
  const message = `cannot ${verbOf(subject)} the ${subject.of}: ${whose(failure, endpoint)} says that there are too many requests${asks}${said(failure)}`;
  const hint = failure.signedIn
    ? undefined
    : `Registries often allow more to those who are logged in. ${logIn(endpoint.registry)}`;
  return new DrydockError('REGISTRY_BUSY', message, { hint, cause: failure });
}

function explainNetwork(error: unknown, subject: Subject, endpoint: Endpoint): DrydockError | undefined {
  const { host } = endpoint;
  const task = `${verbOf(subject)} the ${subject.of}`;
  const told = problemOf(error);
  switch (networkFault(error)) {
    case 'certificate':
      return new DrydockError('REGISTRY_TLS', `cannot ${task}: no trusted connection to ${host} (${told})`, {
        hint: `Pass the authority that signed its certificate with --ca-cert, or --insecure ${host} to trust anybody.`,
        cause: error,
      });
    case 'not-tls':
      return new DrydockError('REGISTRY_TLS', `cannot ${task}: ${host} does not speak https`, {
        hint: `If it is a registry without TLS, pass --plain-http ${host}.`,
        cause: error,
      });
    case 'absent':
      return new DrydockError('REGISTRY_UNREACHABLE', `cannot ${task}: cannot reach ${host} (${told})`, {
        hint: 'Check the name of the registry, the network, and the proxy settings.',
        cause: error,
      });
    case 'passing':
      return new DrydockError(
        error instanceof ShortBody ? 'REGISTRY_FAILED' : 'REGISTRY_UNREACHABLE',
        `cannot ${task}: the connection to ${host} failed (${told})`,
        { cause: error },
      );
    case undefined:
      return undefined;
  }
}

function verbOf({ isPushed }: Subject): string {
  return isPushed ? 'push' : 'get';
}

function problemOf(error: unknown): string {
  const message = quoted(messageOf(error)).slice(1, -1);
  return message === '' || message === 'AggregateError' ? (codeOf(error) ?? 'no reason given') : message;
}

function whose({ role, host }: HttpFailure, { registry }: Endpoint): string {
  if (role === 'token') return `the token server ${host} of registry ${registry}`;
  return role === 'storage' ? `the blob storage ${host} of registry ${registry}` : `registry ${registry}`;
}

function said({ detail }: HttpFailure): string {
  return detail === undefined ? '' : `: ${detail}`;
}

function logIn(registry: string): string {
  return `Log in with "docker login ${registry}", or pass --username and --password-stdin.`;
}
