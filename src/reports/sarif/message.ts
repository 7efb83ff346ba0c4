import { plainLine, plainLines } from '../plain-text.ts';

/**
 * Untrusted text as a message: brackets would make a link of it, braces a placeholder.
 *
 * @see SARIF 2.1.0, 3.11.5 and 3.11.6
 */
export function messageText(text: string, maxChars: number): string {
  return escape(plainLine(text, maxChars));
}

/** The same of several lines. */
export function messageLines(text: string, maxChars: number): string {
  return escape(plainLines(text, maxChars));
}

function escape(text: string): string {
  return text.replace(/[\\[\]]/g, '\\$&').replace(/[{}]/g, '$&$&');
}
