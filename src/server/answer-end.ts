import type { ServerResponse } from 'node:http';

/**
 * Calls back once when an answer is over: whole, or cut off because either side gave up. Node calls an answer finished,
 * and emits `finish`, also when its connection was destroyed in the middle of it.
 */
export function onAnswerEnd(answer: ServerResponse, ended: (isWhole: boolean) => void): void {
  let isWhole = false;
  answer.once('finish', () => {
    isWhole = !answer.destroyed && answer.socket?.destroyed !== true;
  });
  answer.once('close', () => ended(isWhole));
}
