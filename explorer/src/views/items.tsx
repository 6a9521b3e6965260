// Licensed under the Apache License, Version 2.0; see LICENSE.

// What lists of resources have in common, in both protocols: a place to drop files, a table, making
// a new text, renaming and deleting.

import { useEffect, useRef, useState } from 'preact/hooks'
import type { ComponentChildren } from 'preact'
import { go } from '../state'
import { t } from '../strings'
import { idOf, upload } from '../transfer/uploads'
import { write } from '../wire/content'
import * as pws from '../wire/pws'
import { ask, type Caller } from '../wire/request'
import { DeleteDialog, Name, NameDialog } from './parts'

interface DropProps {
  caller: Caller
  container: string
  children: ComponentChildren
}

export function DropZone({ caller, container, children }: DropProps) {
  const [over, setOver] = useState(false)
  return (
    <section
      class={over ? 'drop over' : 'drop'}
      onDragOver={event => {
        event.preventDefault()
        setOver(true)
      }}
      onDragLeave={() => setOver(false)}
      onDrop={event => {
        event.preventDefault()
        setOver(false)
        upload(caller, container, event.dataTransfer?.files ?? [])
      }}
    >
      <label class="button">
        {t.chooseFiles}
        <input
          type="file"
          class="hidden"
          multiple
          onChange={event => {
            upload(caller, container, event.currentTarget.files ?? [])
            event.currentTarget.value = ''
          }}
        />
      </label>
      <span class="hint"> {t.dropHere}</span>
      {children}
    </section>
  )
}

interface ItemsProps {
  caller: Caller
  items: pws.Item[]
  href(item: pws.Item): string
  // Called when something changed here.
  reload(): void
  // A number that differs when what is shown of each should be read anew.
  version: number
}

type Open = { rename: pws.Item } | { remove: pws.Item }

export function Items({ caller, items, href, reload, version }: ItemsProps) {
  const [open, setOpen] = useState<Open>()
  const close = () => setOpen(undefined)
  const then = async (deed: Promise<unknown>) => {
    await deed
    reload()
  }
  const { name, type, size, time, writer } = t.columns
  return (
    <>
      <table class="items">
        <caption class="hidden">{t.resources}</caption>
        <thead>
          <tr>
            {[name, type, size, time, writer].map(title => (
              <th scope="col">{title}</th>
            ))}
            <td />
          </tr>
        </thead>
        <tbody>
          {items.map(item => (
            <Row key={item.id} version={version} caller={caller} item={item} href={href(item)}>
              {caller.server.protocol === 'pws' && (
                <button onClick={() => setOpen({ rename: item })}>
                  {t.rename}
                  <span class="hidden"> {item.name}</span>
                </button>
              )}
              <button onClick={() => setOpen({ remove: item })}>
                {t.delete}
                <span class="hidden"> {item.name}</span>
              </button>
            </Row>
          ))}
        </tbody>
      </table>
      {open && 'rename' in open && (
        <NameDialog
          title={t.rename}
          value={open.rename.name}
          close={close}
          submit={name => then(pws.rename(caller, open.rename.url, name))}
        />
      )}
      {open && 'remove' in open && (
        <DeleteDialog
          question={t.deleteAsk(open.remove.name)}
          close={close}
          submit={() => then(ask(caller, 'DELETE', open.remove.url))}
        />
      )}
    </>
  )
}

interface RowProps {
  caller: Caller
  item: pws.Item
  href: string
  version: number
  children: ComponentChildren
}

// What a list does not say of a resource is asked for when its row is seen.
function Row({ caller, item, href, version, children }: RowProps) {
  const row = useRef<HTMLTableRowElement>(null)
  const [facts, setFacts] = useState<pws.Facts>({ ...item, by: item.writer })
  useEffect(() => {
    if (caller.server.protocol !== 'pws') return
    let alive = true
    const observer = new IntersectionObserver(seen => {
      if (!seen.some(({ isIntersecting }) => isIntersecting)) return
      observer.disconnect()
      pws.readMeta(caller, item.url).then(
        noted => alive && noted && setFacts(pws.factsOf(noted)),
        () => undefined
      )
    })
    observer.observe(row.current!)
    return () => {
      alive = false
      observer.disconnect()
    }
  }, [item.url, version])
  return (
    <tr ref={row}>
      <th scope="row">
        <a href={href}>
          <Name>{item.name}</Name>
        </a>
      </th>
      <td class="type">{facts.type}</td>
      <td class="size">{t.size(facts.size)}</td>
      <td class="time">{t.time(facts.time)}</td>
      <td class="writer">
        <Name>{facts.by ?? ''}</Name>
      </td>
      <td class="actions">{children}</td>
    </tr>
  )
}

interface NewTextProps {
  caller: Caller
  container: string
  // Where the new one is shown.
  place(id: string): { parts: string[]; via: string | undefined }
  close(): void
}

const TYPES: Record<string, string> = {
  json: 'application/json',
  md: 'text/markdown;charset=utf-8',
  csv: 'text/csv;charset=utf-8'
}

// An empty text, which is edited then.
export function NewText({ caller, container, place, close }: NewTextProps) {
  const submit = async (name: string) => {
    const id = caller.server.protocol === 'pws' ? idOf(name) : name
    const type = TYPES[id.split('.').pop()!.toLowerCase()] ?? 'text/plain;charset=utf-8'
    const body = new Blob([type === 'application/json' ? '{}\n' : '\n'])
    const url = container + id.split('/').map(encodeURIComponent).join('/')
    await write(caller, url, 'new', { body, type })
    const { parts, via } = place(id)
    go(parts, via)
  }
  return <NameDialog title={t.newText} label={t.newTextName} close={close} submit={submit} />
}
