import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { databaseProgress, layerDone, scanFinished } from '../base/channels.ts';
import type { Screen } from './screen.ts';

type Fields = Readonly<Record<string, string | number | boolean>>;

/** Tells a step with its fields and the time since the start. */
export type Trace = (step: string, fields?: Fields) => void;

const ANSWERED = 'undici:request:headers';

/** Lines on standard error for `--debug`, until disposed. Silent without. */
export function openTrace(screen: Screen, isOn: boolean): { trace: Trace } & Disposable {
  if (!isOn) return { trace: () => undefined, [Symbol.dispose]: () => undefined };
  const trace: Trace = (step, fields = {}) => {
    const told = Object.entries(fields).map(([name, value]) => ` ${name}=${valueText(value)}`);
    screen.line(`debug ${performance.now().toFixed(0).padStart(6)} ms  ${step}${told.join('')}`, 'dim');
  };
  const listeners = [
    listen(layerDone, (layer) => trace('layer', { ...layer })),
    listen(scanFinished, (scan) => trace('scanned', { ...scan, seconds: Number(scan.seconds.toFixed(3)) })),
    listen(databaseProgress, ({ done, ...database }) => done && trace('database', database)),
  ];
  const onAnswer = (message: unknown): void => trace('http', requestFields(message));
  subscribe(ANSWERED, onAnswer);
  return {
    trace,
    [Symbol.dispose]() {
      unsubscribe(ANSWERED, onAnswer);
      listeners.forEach((stop) => stop());
    },
  };
}

interface Listenable<T> {
  subscribe(listener: (message: T) => void): void;
  unsubscribe(listener: (message: T) => void): void;
}

function listen<T>(channel: Listenable<T>, listener: (message: T) => void): () => void {
  channel.subscribe(listener);
  return () => channel.unsubscribe(listener);
}

/** Method, place and status. Never the query nor headers: both may carry credentials. */
function requestFields(message: unknown): Fields {
  const { request, response } = message as {
    request?: { method?: unknown; origin?: unknown; path?: unknown };
    response?: { statusCode?: unknown };
  };
  const [path = ''] = String(request?.path).split('?');
  return {
    method: String(request?.method),
    url: `${String(request?.origin)}${path}`,
    status: Number(response?.statusCode),
  };
}

function valueText(value: string | number | boolean): string {
  return typeof value === 'string' && /[\s"=]/.test(value) ? JSON.stringify(value) : String(value);
}
