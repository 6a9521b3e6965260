// Licensed under the Apache License, Version 2.0; see LICENSE.

// Builds the explorer: the files that httpd serves, and the licences of what is in them.
//
//   node build.mjs DIRECTORY [NODE_MODULES]
//
// The packages are those of NODE_MODULES, or of node_modules beside this file. Nothing of what is
// written depends on the machine, the time, or where any of these directories are, so that a build
// can be compared with another one.

import { createRequire } from 'node:module'
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, dirname, join, relative, resolve, sep } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

const here = dirname(fileURLToPath(import.meta.url))
const out = resolve(process.argv[2] ?? join(here, 'dist'))
const modules = resolve(process.argv[3] ?? join(here, 'node_modules'))

const found = createRequire(join(modules, '..', 'package.json')).resolve('esbuild')
const { build } = (await import(pathToFileURL(found))).default

// The name of a file of the build comes from the paths of what is in it, as seen from where it is
// built: in a directory where sources and packages lie side by side, they are the same everywhere.
const place = await mkdtemp(join(tmpdir(), 'explorer-'))
for (const name of ['src', 'tsconfig.json']) await symlink(join(here, name), join(place, name))
await symlink(modules, join(place, 'node_modules'))

const common = {
  bundle: true,
  minify: true,
  platform: 'browser',
  target: 'es2022',
  charset: 'utf8',
  preserveSymlinks: true,
  absWorkingDir: place,
  outdir: out,
  metafile: true,
  legalComments: 'none',
  logLevel: 'warning'
}

await rm(out, { recursive: true, force: true })
await mkdir(out, { recursive: true })
const page = await build({
  ...common,
  entryPoints: { explorer: 'src/main.tsx', style: 'src/style.css' },
  format: 'esm',
  splitting: true,
  jsx: 'automatic',
  jsxImportSource: 'preact',
  chunkNames: '[name]-[hash]'
})
// Of its own name and place: a service worker rules the paths below it.
await build({ ...common, entryPoints: { media: 'src/media-worker.ts' }, format: 'iife' })
await writeFile(join(out, 'index.html'), await document(page.metafile))
await cp(join(here, 'src/icon.svg'), join(out, 'icon.svg'))
await writeFile(join(out, 'licences.txt'), await licences(page.metafile))
await rm(place, { recursive: true })

// The page, which names all scripts that the first one cannot do without: so none of them waits
// until another one was read.
async function document({ outputs }) {
  const first = Object.keys(outputs).find(file => basename(file) === 'explorer.js')
  const needed = outputs[first].imports.filter(({ kind }) => kind === 'import-statement')
  const links = needed.map(({ path }) => `<link rel="modulepreload" href="${basename(path)}" />`)
  const text = await readFile(join(here, 'src/index.html'), 'utf8')
  return text.replace('</head>', `  ${links.join('\n    ')}\n  </head>`)
}

// The directory of the package that a file of the build belongs to.
function packageOf(file) {
  const [top, first, second] = file.split(sep)
  if (top !== 'node_modules') return undefined
  return first.startsWith('@') ? join(first, second) : first
}

// A line for each package that has something in the bundle, and then the texts.
async function licences({ outputs }) {
  const inputs = Object.values(outputs).flatMap(output =>
    Object.entries(output.inputs).filter(([, { bytesInOutput }]) => bytesInOutput > 0)
  )
  const names = [...new Set(inputs.map(([file]) => packageOf(file)).filter(Boolean))].sort()
  const packages = await Promise.all(names.map(describe))
  const list = packages.map(({ name, version, license }) => `${name} ${version}: ${license}\n`)
  const texts = packages.map(({ name, text }) => `\n${'-'.repeat(72)}\n${name}\n\n${text}`)
  const title = 'The explorer of mod_was, Apache-2.0, holds these packages:\n\n'
  return title + list.join('') + texts.join('')
}

async function describe(name) {
  const directory = join(modules, name)
  const { version, license } = JSON.parse(await readFile(join(directory, 'package.json'), 'utf8'))
  const file = (await readdir(directory)).find(entry => /^licen[cs]e/i.test(entry))
  const text = file
    ? await readFile(join(directory, file), 'utf8')
    : `${license}, as its package.json says.\n`
  return { name: relative(modules, directory), version, license, text }
}
