import { existsSync } from 'node:fs';
import { defineConfig } from 'vite';

const entries = ['viewer', 'editor', 'designer'].filter((name) => existsSync(`src/${name}/main.js`));

export default defineConfig({
  base: '/static/dist/',
  publicDir: false,
  build: {
    target: ['chrome123', 'firefox121', 'safari17.5'], // what knows light-dark(), as app.css asks
    emptyOutDir: true,
    manifest: 'vite.json', // a dot folder gets lost in archives; build.py makes manifest.json of it
    license: { fileName: 'licences.md' },
    assetsInlineLimit: 0, // a data: address would need a hole in the policy
    modulePreload: { polyfill: false },
    rolldownOptions: {
      input: Object.fromEntries(entries.map((name) => [name, `src/${name}/main.js`])),
      output: {
        entryFileNames: '[name]-[hash].js',
        chunkFileNames: '[name]-[hash].js',
        assetFileNames: '[name]-[hash][extname]',
      },
    },
  },
});
