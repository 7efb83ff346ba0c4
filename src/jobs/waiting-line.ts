import type { Job, JobPriority } from '../model/job.ts';
import { makeHeap, type Heap } from './heap.ts';

/** A job that waits in this process. */
export interface Waiting {
  readonly job: Job;
  /** Milliseconds since 1970; who came first is served first. */
  readonly acceptedAt: number;
  /** Not to be begun before. */
  readonly notBefore: number;
}

/** Who waits, in the order in which they are served: by priority, then by age, of lanes that have room. */
export interface WaitingLine {
  readonly size: number;
  has(id: string): boolean;
  add(waiting: Waiting): void;
  remove(id: string): void;
  /** The next one that may begin now, taken out of the line. */
  take(hasRoom: (lane: string) => boolean, now: number): Waiting | undefined;
  /** When the next one is due that must not begin yet. */
  nextDue(): number | undefined;
  ids(): IterableIterator<string>;
  depth(): Record<JobPriority, number>;
}

const PRIORITIES: readonly JobPriority[] = ['interactive', 'background'];
const isOlder = (a: Waiting, b: Waiting): boolean =>
  a.acceptedAt === b.acceptedAt ? a.job.id < b.job.id : a.acceptedAt < b.acceptedAt;

const isDueBefore = (a: Waiting, b: Waiting): boolean => a.notBefore < b.notBefore;
/** What has left may be as much again as waits, and so much more. */
const SLACK = 1000;

export function openWaitingLine(): WaitingLine {
  // The truth is `members`; heaps may hold what has left, which is dropped when it comes up.
  const members = new Map<string, Waiting>();
  let later = makeHeap<Waiting>(isDueBefore);
  const lanes: Record<JobPriority, Map<string, Heap<Waiting>>> = {
    interactive: new Map(),
    background: new Map(),
  };
  const isMember = (waiting: Waiting): boolean => members.get(waiting.job.id) === waiting;

  function line(waiting: Waiting): void {
    const ofPriority = lanes[waiting.job.priority];
    const lane = ofPriority.get(waiting.job.lane) ?? makeHeap(isOlder);
    ofPriority.set(waiting.job.lane, lane);
    lane.push(waiting);
  }

  /** Who only adds and removes, as a process that leaves all to workers, never looks at the heap. */
  function forgetLeft(): void {
    const old = later;
    later = makeHeap(isDueBefore);
    for (let next = old.pop(); next; next = old.pop()) if (isMember(next)) later.push(next);
  }

  function wake(now: number): void {
    for (let next = later.peek(); next && next.notBefore <= now; next = later.peek()) {
      later.pop();
      if (isMember(next)) line(next);
    }
  }

  function head(lane: Heap<Waiting>): Waiting | undefined {
    for (let first = lane.peek(); first; first = lane.peek()) {
      if (isMember(first)) return first;
      lane.pop();
    }
    return undefined;
  }

  function oldest(priority: JobPriority, hasRoom: (lane: string) => boolean): Waiting | undefined {
    let found: Waiting | undefined;
    for (const [name, lane] of lanes[priority]) {
      const first = head(lane);
      if (!first) lanes[priority].delete(name);
      else if ((!found || isOlder(first, found)) && hasRoom(name)) found = first;
    }
    return found;
  }

  return {
    get size() {
      return members.size;
    },
    has: (id) => members.has(id),
    add(waiting) {
      members.set(waiting.job.id, waiting);
      later.push(waiting);
      if (later.size > 2 * members.size + SLACK) forgetLeft();
    },
    remove: (id) => void members.delete(id),
    take(hasRoom, now) {
      wake(now);
      const found = oldest('interactive', hasRoom) ?? oldest('background', hasRoom);
      if (found) members.delete(found.job.id);
      return found;
    },
    nextDue() {
      for (let next = later.peek(); next && !isMember(next); next = later.peek()) later.pop();
      return later.peek()?.notBefore;
    },
    ids: () => members.keys(),
    depth() {
      const count = (priority: JobPriority): number => {
        let found = 0;
        for (const { job } of members.values()) if (job.priority === priority) found++;
        return found;
      };
      const [interactive = 0, background = 0] = PRIORITIES.map(count);
      return { interactive, background };
    },
  };
}
