import { notices } from '../../base/channels.ts';
import { quoted } from '../quoted.ts';

const MAX_REMEMBERED = 100;
/** `299 - "text"`; anything else is not for us. */
const WARNING = /^299 +\S{1,100} +"((?:[^"\\]|\\.){1,2000})"/;

/**
 * Passes a registry's `Warning` headers on to whoever listens, each text once.
 * @see OCI Distribution Spec 1.1, "Warnings"
 */
export function warningTeller(): (host: string, headers: readonly string[]) => void {
  const told = new Set<string>();
  return (host, headers) => {
    for (const header of headers) {
      const text = WARNING.exec(header.trim())?.[1]?.replace(/\\(.)/g, '$1');
      if (text === undefined) continue;
      const message = `registry ${host} warns: ${quoted(text)}`;
      if (told.has(message) || told.size >= MAX_REMEMBERED) continue;
      told.add(message);
      notices.publish({ code: 'REGISTRY_WARNING', message });
    }
  };
}
