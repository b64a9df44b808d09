// SPDX-License-Identifier: Apache-2.0
// Tensors by blob key, read once. Invariant: a key never changes its content, so an answer is never
// stale; tensors nobody looks at are dropped after a minute, they are large.
import { useQuery, type UseQueryResult } from "@tanstack/react-query";
import { type Tensor, parseNpy } from "@/base/npy";
import type { Problem } from "@/base/problem";
import { blobUrl } from "./blob";
import { fetchBytes } from "./http";

const KEEP_MS = 60_000;

export const readTensor = async (key: string, signal?: AbortSignal): Promise<Tensor> =>
  parseNpy(await fetchBytes(blobUrl(key), signal));

/** The tensor behind a key; nothing while there is no key. */
export function useTensor(key: string | null): UseQueryResult<Tensor, Problem> {
  return useQuery<Tensor, Problem>({
    queryKey: ["tensor", key],
    queryFn: ({ signal }) => readTensor(key ?? "", signal),
    enabled: key !== null,
    gcTime: KEEP_MS,
    structuralSharing: false,
  });
}

/**
 * What `reduce` makes of the tensor behind a key, kept in its place: small out of large.
 * `what` names the reduction.
 */
export function useReduced<T>(
  key: string | null,
  what: string,
  reduce: (tensor: Tensor) => T,
): UseQueryResult<T, Problem> {
  return useQuery<T, Problem>({
    queryKey: ["reduced", what, key],
    queryFn: async ({ signal }) => reduce(await readTensor(key ?? "", signal)),
    enabled: key !== null,
    structuralSharing: false,
  });
}
