import type { FileResult } from '../analyzer.ts';

/** status.json of Ubuntu Pro's client: extended support is on once `esm-infra` is enabled. */
export function parseUbuntuPro(text: string): FileResult | undefined {
  let status: unknown;
  try {
    status = JSON.parse(text);
  } catch {
    // Half-written state of the client is worth a word, since without it fixes of the extended support look missing.
    const message = 'the status of Ubuntu Pro is no JSON, so extended support counts as off';
    return { diagnostics: [{ code: 'OS_RELEASE_UNREADABLE', message }] };
  }
  const services = property(status, 'services');
  const isOn = Array.isArray(services) && services.some(isEsmInfra);
  return isOn ? { os: { extendedSupport: true } } : undefined;
}

function isEsmInfra(service: unknown): boolean {
  return property(service, 'name') === 'esm-infra' && property(service, 'status') === 'enabled';
}

function property(of: unknown, name: string): unknown {
  return typeof of === 'object' && of !== null && Object.hasOwn(of, name) ? Reflect.get(of, name) : undefined;
}
