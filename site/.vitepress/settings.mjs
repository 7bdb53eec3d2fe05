// What differs from place to place, from the environment.

// Address of the repository (https://HOST/USER/NAME). Pages then link to the lines of the code that they quote, and to
// their own source; without it paths are shown as text.
export const repository = (process.env.SITE_REPOSITORY ?? '').replace(/\/+$/, '')

export const branch = process.env.SITE_BRANCH || 'main'

// The path under which the site is served, `/NAME/` on GitHub Pages.
export const base = `/${process.env.SITE_BASE ?? ''}/`.replace(/\/+/g, '/')

export const source = (path, lines = '') => repository && `${repository}/blob/${branch}/${path}${lines}`
