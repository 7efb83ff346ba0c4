import { SaxesParser } from 'saxes';

/** An element with its attributes, and the names of those around it from the root on. */
export interface XmlElement {
  readonly name: string;
  readonly parents: readonly string[];
  /** Own properties only. */
  readonly attributes: Readonly<Record<string, string>>;
}

/** Elements of real files lie two or three deep. */
const MAX_DEPTH = 64;
const MAX_ELEMENTS = 200_000;

/**
 * Elements in the order of their start tags, up to the first damage or to a limit. Entities other than those of XML
 * itself are not resolved.
 *
 * @returns what ended the reading early
 */
export function readElements(text: string, onElement: (element: XmlElement) => void): string | undefined {
  const parser = new SaxesParser({ xmlns: false, position: false });
  const parents: string[] = [];
  let elements = 0;
  parser.on('error', (error) => {
    throw error;
  });
  parser.on('opentag', ({ name, attributes }) => {
    if (parents.length >= MAX_DEPTH) throw new Error(`elements lie more than ${MAX_DEPTH} deep`);
    if (++elements > MAX_ELEMENTS) throw new Error(`there are more than ${MAX_ELEMENTS} elements`);
    onElement({ name, parents: [...parents], attributes });
    parents.push(name);
  });
  parser.on('closetag', () => void parents.pop());
  try {
    parser.write(text).close();
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message.slice(0, 200) : 'it is no XML';
  }
}

/** An attribute by its name, whatever its case. */
export function attributeOf({ attributes }: XmlElement, name: string): string | undefined {
  if (Object.hasOwn(attributes, name)) return attributes[name];
  const lower = name.toLowerCase();
  const key = Object.keys(attributes).find((one) => one.toLowerCase() === lower);
  return key === undefined ? undefined : attributes[key];
}
