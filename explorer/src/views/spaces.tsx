// Licensed under the Apache License, Version 2.0; see LICENSE.

// The spaces of who is here, on one server.

import { useState } from 'preact/hooks'
import { callerOf, linkTo } from '../state'
import { t } from '../strings'
import * as classic from '../wire/classic'
import * as pws from '../wire/pws'
import { ask } from '../wire/request'
import type { Server } from '../wire/server'
import { Crumbs, DeleteDialog, Failure, Loading, Name, NameDialog, useLoaded } from './parts'

type Open = 'make' | { rename: pws.Space } | { remove: pws.Space }

export function SpacesView({ server }: { server: Server }) {
  const caller = callerOf(server, undefined)
  const api = server.protocol === 'pws' ? pws : classic
  const [open, setOpen] = useState<Open>()
  const spaces = useLoaded(() => api.listSpaces(caller), [server.base, caller.identity?.did])
  const close = () => setOpen(undefined)
  const then = async (deed: Promise<unknown>) => {
    await deed
    spaces.reload()
  }
  const rename = (space: pws.Space, name: string) =>
    server.protocol === 'pws'
      ? pws.rename(caller, space.url, name)
      : classic.renameSpace(caller, space.id, name)
  return (
    <>
      <Crumbs path={[{ label: t.servers, href: linkTo(['servers']) }]} here={server.base} />
      <h1>{t.spaces}</h1>
      <Failure error={spaces.error} retry={spaces.reload} />
      {!spaces.value && !spaces.error && <Loading />}
      {spaces.value?.length === 0 && <p>{t.noSpaces}</p>}
      <ul class="cards">
        {spaces.value?.map(space => (
          <li class="card" key={space.id}>
            <h2>
              <a href={linkTo(['space', server.base, space.id])}>
                <Name>{space.name}</Name>
              </a>
            </h2>
            <p class="id">
              <code>{space.id}</code>
            </p>
            <p class="actions">
              <button onClick={() => setOpen({ rename: space })}>{t.rename}</button>
              <button onClick={() => setOpen({ remove: space })}>{t.delete}</button>
            </p>
          </li>
        ))}
      </ul>
      <p class="actions">
        <button class="primary" onClick={() => setOpen('make')}>
          {t.makeSpace}
        </button>
      </p>
      {open === 'make' && (
        <NameDialog
          title={t.makeSpace}
          close={close}
          submit={name => then(api.makeSpace(caller, name))}
        />
      )}
      {typeof open === 'object' && 'rename' in open && (
        <NameDialog
          title={t.rename}
          value={open.rename.name}
          close={close}
          submit={name => then(rename(open.rename, name))}
        />
      )}
      {typeof open === 'object' && 'remove' in open && (
        <DeleteDialog
          question={t.deleteWholeAsk(open.remove.name)}
          close={close}
          submit={() => then(ask(caller, 'DELETE', open.remove.url))}
        />
      )}
    </>
  )
}
