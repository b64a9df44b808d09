// SPDX-License-Identifier: Apache-2.0
// Results of operations as React state, by TanStack Query. Invariant: the query key is
// ["op", name, params], so equal calls share one request and one result; while parameters change
// (a brush is dragged) the last result stays on screen and superseded requests are aborted.
import {
  keepPreviousData,
  QueryClient,
  useMutation,
  useQueries,
  useQuery,
  type UseMutationResult,
  type UseQueryResult,
} from "@tanstack/react-query";
import { useState } from "react";
import { Problem } from "@/base/problem";
import { callOp, type Params } from "./call";
import { onEvent } from "./events";

export type { Params } from "./call";

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

/** Operations whose results change when jobs end; everything else is keyed by content. */
export function followChanges(client: QueryClient): () => void {
  return onEvent((event) => {
    if (["done", "missed", "failed", "cancelled"].includes(event.event)) {
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

const queryOf = <T>(op: string, params: Params) => ({
  queryKey: ["op", op, params] as const,
  queryFn: ({ signal }: { signal: AbortSignal }) => callOp<T>(op, params, signal),
});

/** The result of a reading operation. */
export function useOp<T>(
  op: string,
  params: Params = {},
  options: OpOptions = {},
): UseQueryResult<T, Problem> {
  return useQuery<T, Problem>({
    ...queryOf<T>(op, params),
    enabled: options.enabled ?? true,
    ...(options.fresh ? {} : { placeholderData: keepPreviousData }),
  });
}

/** Runs a writing or slow operation on demand. */
export function useRun<T>(op: string): UseMutationResult<T, Problem, Params> {
  return useMutation<T, Problem, Params>({ mutationFn: (params) => callOp<T>(op, params) });
}

export interface Pages<T> {
  /** Rows of a page, undefined while it loads. */
  readonly page: (index: number) => T | undefined;
  /** Tells which pages are on screen; only these are asked for. */
  readonly want: (first: number, last: number) => void;
  readonly error: Problem | null;
}

/** Pages of a long list. `paramsOf` gives the call for page `index`; it must be a stable function. */
export function useOpPages<T>(
  op: string,
  paramsOf: (index: number) => Params,
  pageCount: number,
): Pages<T> {
  const [span, setSpan] = useState({ first: 0, last: 0 });
  const last = Math.min(span.last, pageCount - 1);
  const wanted = Array.from(
    { length: Math.max(0, last - span.first + 1) },
    (_, at) => span.first + at,
  );
  const replies = useQueries({ queries: wanted.map((index) => queryOf<T>(op, paramsOf(index))) });
  return {
    page: (index) => replies[index - span.first]?.data,
    want: (first, end) => {
      if (first !== span.first || end !== span.last) setSpan({ first, last: end });
    },
    error: (replies.find((reply) => reply.error)?.error as Problem | null) ?? null,
  };
}
