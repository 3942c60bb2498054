import { defineConfig } from 'vitest/config';

// Every view in a real browser, against the tool and small models trained for it: e2e/run.sh says how it is started.
export default defineConfig({
  test: { include: ['e2e/*.test.ts'], testTimeout: 120_000, hookTimeout: 600_000, fileParallelism: false, sequence: { concurrent: false } },
});
