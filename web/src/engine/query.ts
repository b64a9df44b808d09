// SPDX-License-Identifier: Apache-2.0
// Results of operations as React state, by TanStack Query. Invariant: the query key is
// ["op", name, params], so equal calls share one request and one result; while parameters change
// (a brush is dragged) the last result stays on screen and superseded requests are aborted.
import {
  keepPreviousData,
  QueryClient,
  useMutation,
  type UseMutationResult,
  useQueries,
  useQuery,
  useQueryClient,
  type UseQueryResult,
} from "@tanstack/react-query";
import { useCallback, useState } from "react";
import { Problem } from "@/base/problem";
import type { OperationName } from "@/gen/ops";
import { callOp, type ParamsOf, type ResultOf } from "./call";
import { onEvent } from "./events";

export type { ParamsOf, ResultOf } from "./call";

const worthRetrying = (count: number, thrown: unknown): boolean =>
  thrown instanceof Problem && thrown.code === "offline" && count < 3;

export function makeQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: Infinity,
        gcTime: 10 * 60_000,
        retry: worthRetrying,
        refetchOnWindowFocus: false,
      },
    },
  });
}

const NEWS = ["running", "done", "missed", "failed", "cancelled"];

/** Asks again for what is on screen when a job began or ended, or events were missed. */
export function followChanges(client: QueryClient): () => void {
  return onEvent((event) => {
    if (NEWS.includes(event.event)) {
      void client.invalidateQueries({ queryKey: ["op"] });
    }
  });
}

export interface OpOptions {
  /** False holds the call back until its parameters are known. */
  readonly enabled?: boolean;
  /** True drops the old result as soon as parameters change. */
  readonly fresh?: boolean;
}

const queryOf = <Name extends OperationName>(op: Name, params: ParamsOf<Name>) => ({
  queryKey: ["op", op, params] as const,
  queryFn: ({ signal }: { signal: AbortSignal }) => callOp(op, params, signal),
});

/** The result of a reading operation. */
export function useOp<Name extends OperationName>(
  op: Name,
  params: ParamsOf<Name>,
  options: OpOptions = {},
): UseQueryResult<ResultOf<Name>, Problem> {
  return useQuery<ResultOf<Name>, Problem>({
    ...queryOf(op, params),
    enabled: options.enabled ?? true,
    ...(options.fresh ? {} : { placeholderData: keepPreviousData }),
  } as Parameters<typeof useQuery<ResultOf<Name>, Problem>>[0]);
}

/** Asks before drawing: settles, never fails, once `useOp` of these parameters has an answer. */
export function useAhead<Name extends OperationName>(
  op: Name,
): (params: ParamsOf<Name>) => Promise<void> {
  const client = useQueryClient();
  return useCallback(
    (params) =>
      client.query(queryOf(op, params)).then(
        () => undefined,
        () => undefined,
      ),
    [client, op],
  );
}

/** Asks again for every result of operation `op` on screen. */
export function useRefresh(op: OperationName): () => void {
  const client = useQueryClient();
  return useCallback(() => void client.invalidateQueries({ queryKey: ["op", op] }), [client, op]);
}

/** Runs a writing or slow operation on demand. */
export function useRun<Name extends OperationName>(
  op: Name,
): UseMutationResult<ResultOf<Name>, Problem, ParamsOf<Name>> {
  return useMutation<ResultOf<Name>, Problem, ParamsOf<Name>>({
    mutationFn: (params) => callOp(op, params),
  });
}

export interface Pages<T> {
  /** Result of a page, undefined while it loads. */
  readonly page: (index: number) => T | undefined;
  /** Tells which pages are on screen, [first, last]; only these are asked for. Stable. */
  readonly want: (first: number, last: number) => void;
  readonly error: Problem | null;
}

/** Pages of a long list; `paramsOf` gives the call for page `index`. */
export function useOpPages<Name extends OperationName>(
  op: Name,
  paramsOf: (index: number) => ParamsOf<Name>,
  pageCount: number,
): Pages<ResultOf<Name>> {
  const [span, setSpan] = useState({ first: 0, last: 0 });
  const last = Math.min(span.last, pageCount - 1);
  const wanted = Array.from(
    { length: Math.max(0, last - span.first + 1) },
    (_, at) => span.first + at,
  );
  const replies = useQueries({ queries: wanted.map((index) => queryOf(op, paramsOf(index))) });
  const want = useCallback((first: number, end: number) => {
    setSpan((old) => (old.first === first && old.last === end ? old : { first, last: end }));
  }, []);
  return {
    page: (index) => replies[index - span.first]?.data as ResultOf<Name> | undefined,
    want,
    error: (replies.find((reply) => reply.error)?.error as Problem | undefined) ?? null,
  };
}
