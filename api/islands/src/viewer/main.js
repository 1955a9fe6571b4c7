import Library from './library.js';
for (const place of document.querySelectorAll('[data-diagram]')) place.library = Library;
