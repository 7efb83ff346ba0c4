import { AsyncLocalStorage } from 'node:async_hooks';
import { ROOT_CONTEXT, type Context, type ContextManager } from '@opentelemetry/api';

/** Lets the current span be found wherever its work goes. */
export function contextStorage(): ContextManager {
  const storage = new AsyncLocalStorage<Context>();
  const manager: ContextManager = {
    active: () => storage.getStore() ?? ROOT_CONTEXT,
    with: (context, fn, thisArg, ...args) => storage.run(context, () => fn.apply(thisArg as never, args)),
    bind: (context, target) => (typeof target === 'function' ? bound(storage, context, target) : target),
    enable: () => manager,
    disable() {
      storage.disable();
      return manager;
    },
  };
  return manager;
}

function bound<T>(storage: AsyncLocalStorage<Context>, context: Context, target: T & object): T {
  const call = target as unknown as (...args: unknown[]) => unknown;
  const result = function (this: unknown, ...args: unknown[]): unknown {
    return storage.run(context, () => call.apply(this, args));
  };
  return result as T;
}
