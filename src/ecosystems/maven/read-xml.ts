import { SaxesParser } from 'saxes';

/** An element of a small document. */
export interface XmlNode {
  readonly name: string;
  readonly children: XmlNode[];
  /** Trimmed; of elements without children only. */
  text: string;
  readonly startLine: number;
  endLine: number;
}

const MAX_DEPTH = 64;
const MAX_ELEMENTS = 200_000;
const MAX_TEXT_CHARS = 4096;

/**
 * The root element. Entities other than those of XML itself are not resolved, names lose their prefix.
 *
 * @returns undefined for text that is no XML, or is too deep or too large
 */
export function readXml(text: string): XmlNode | undefined {
  const parser = new SaxesParser({ xmlns: false, position: true });
  const open: XmlNode[] = [];
  let root: XmlNode | undefined;
  let elements = 0;
  parser.on('error', (error) => {
    throw error;
  });
  parser.on('opentag', ({ name }) => {
    if (open.length >= MAX_DEPTH || ++elements > MAX_ELEMENTS) throw new Error('too deep or too large');
    const local = name.slice(name.indexOf(':') + 1);
    const node = { name: local, children: [], text: '', startLine: parser.line, endLine: parser.line };
    const parent = open.at(-1);
    if (parent) parent.children.push(node);
    else root ??= node;
    open.push(node);
  });
  const takeText = (piece: string): void => {
    const top = open.at(-1);
    if (top && top.text.length + piece.length <= MAX_TEXT_CHARS) top.text += piece;
  };
  parser.on('text', takeText);
  parser.on('cdata', takeText);
  parser.on('closetag', () => {
    const node = open.pop();
    if (!node) return;
    node.endLine = parser.line;
    node.text = node.children.length > 0 ? '' : node.text.trim();
  });
  try {
    parser.write(text).close();
    return root;
  } catch {
    return undefined; // its word quotes the text
  }
}

/** The first child of that name. */
export function childOf(node: XmlNode | undefined, name: string): XmlNode | undefined {
  return node?.children.find((child) => child.name === name);
}

/** The text of a child, if it says something. */
export function textOfChild(node: XmlNode | undefined, name: string): string | undefined {
  return childOf(node, name)?.text || undefined;
}
