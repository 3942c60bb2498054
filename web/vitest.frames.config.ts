import { defineConfig } from 'vitest/config';

// Frame times of large maps: bench/server/frames.sh says how it is started.
export default defineConfig({ test: { include: ['e2e/frames.ts'], testTimeout: 1_800_000, hookTimeout: 1_800_000 } });
