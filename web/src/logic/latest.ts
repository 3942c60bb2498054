// Work that follows a pointer or a slider: one piece at a time, and always the newest next. What came in between is left out.

export interface Latest<T> {
  (value: T): void;
  /** Pieces of work finished in the last second. */
  rate(): number;
}

export function latest<T>(work: (value: T) => Promise<void>): Latest<T> {
  let busy = false;
  let waiting: { value: T } | null = null;
  const finished: number[] = [];
  const run = async (value: T): Promise<void> => {
    busy = true;
    try {
      await work(value);
    } finally {
      finished.push(performance.now());
      busy = false;
      const next = waiting;
      waiting = null;
      if (next) void run(next.value);
    }
  };
  const call = ((value: T) => {
    if (busy) waiting = { value };
    else void run(value);
  }) as Latest<T>;
  call.rate = () => {
    const now = performance.now();
    while (finished.length && now - finished[0] > 1000) finished.shift();
    return finished.length;
  };
  return call;
}
