import { defineConfig } from 'vitest/config';

// The pictures of docs/explore.md: scripts/pictures/explore.sh says how it is started.
export default defineConfig({ test: { include: ['e2e/pictures.ts'], testTimeout: 1_800_000, hookTimeout: 600_000 } });
