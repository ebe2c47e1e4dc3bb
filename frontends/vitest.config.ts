import { defineConfig } from 'vitest/config';
import { runtimeAlias } from './scripts/runtime.mjs';

export default defineConfig({
  resolve: { alias: runtimeAlias() },
  oxc: { jsx: { runtime: 'automatic' } },
  test: {
    environment: 'happy-dom',
    include: ['tests/unit/**/*.test.{ts,tsx}'],
    // urql must meet the same Preact as the views do.
    server: { deps: { inline: ['urql', '@testing-library/preact'] } },
  },
});
