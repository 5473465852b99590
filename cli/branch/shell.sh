# shellcheck shell=sh
# Points DATABASE_URL at the database of the branch that is checked out, and puts back what it was where there is none.
# Sourced by bash, zsh or another POSIX shell: docs/branches.md.
#
# It prints nothing, and the URL least of all. v7 is asked where another branch is checked out, or where a branch's
# database was made or removed; at every other prompt one file is read. Only this file's own repository and its worktrees
# count: a shell that enters a stranger's clone runs nothing of it.
#
# What is exported beside DATABASE_URL is for the shells that this one starts: they must not take ours for the user's own.

# Brings DATABASE_URL up to date, and keeps the exit status. bash and zsh do it before each prompt.
v7_branch_database() {
  _v7_status=$?
  [ -z "${ZSH_VERSION-}" ] || emulate -L sh
  _v7_key=
  if _v7_find && { IFS= read -r _v7_head < "$_v7_gitdir/HEAD"; } 2> /dev/null; then
    case $_v7_head in
      "ref: refs/heads/"*)
        # The names of the records: a database that is made or removed changes them. Without any there is none to ask for.
        set -- "$_v7_top"/.v7/branches/*
        if [ -e "$1" ] || [ -n "${V7_BACKEND_URL-}" ]; then
          _v7_key="$_v7_top $_v7_head $*"
        fi
        ;;
    esac
  fi
  if [ "$_v7_key" != "$_v7_last" ]; then
    _v7_last=$_v7_key
    _v7_point
  fi
  return "$_v7_status"
}

# Finds the worktree and its folder of git; fails where they are not this repository's. git is asked in a new folder only.
_v7_find() {
  if [ "$PWD" != "$_v7_pwd" ] || { [ -n "$_v7_top" ] && ! [ -r "$_v7_gitdir/HEAD" ]; }; then
    _v7_pwd=$PWD
    _v7_top=$(git rev-parse --path-format=absolute --git-common-dir --git-dir --show-toplevel 2> /dev/null) || _v7_top=
    case $_v7_top in
      "$_v7_common$_v7_newline"*)
        _v7_top=${_v7_top#*"$_v7_newline"}
        _v7_gitdir=${_v7_top%%"$_v7_newline"*}
        _v7_top=${_v7_top#*"$_v7_newline"}
        ;;
      *) _v7_top= ;;
    esac
  fi
  [ -n "$_v7_top" ]
}

_v7_point() {
  # Where the user has set another since, it stays.
  if [ -n "${V7_SHELL_URL-}" ] && [ "${DATABASE_URL-}" = "$V7_SHELL_URL" ]; then
    unset DATABASE_URL
    [ -z "${V7_SHELL_OWN+there}" ] || export DATABASE_URL="$V7_SHELL_OWN"
  fi
  unset V7_SHELL_URL V7_SHELL_OWN
  [ -n "$_v7_key" ] || return 0
  # What `npx v7 branch url` is, without the time that npx takes.
  _v7_url=$(cd "$_v7_top" > /dev/null && node cli/v7.cjs branch url < /dev/null 2> /dev/null) || _v7_url=
  if [ -n "$_v7_url" ]; then
    [ -z "${DATABASE_URL+there}" ] || export V7_SHELL_OWN="$DATABASE_URL"
    export V7_SHELL_URL="$_v7_url" DATABASE_URL="$_v7_url"
  fi
  unset _v7_url
}

# Only bash and zsh tell a file where it is; for others V7_CHECKOUT does, or else they source it in the checkout.
if [ -n "${V7_CHECKOUT-}" ]; then
  _v7_file=$V7_CHECKOUT/cli/branch/shell.sh
elif [ -n "${BASH_VERSION-}" ]; then
  # shellcheck disable=SC3028,SC2128 # bash's, and its first is meant
  _v7_file=$BASH_SOURCE
elif [ -n "${ZSH_VERSION-}" ]; then
  eval '_v7_file=${(%):-%x}'
else
  _v7_file=$PWD/cli/branch/shell.sh
fi
case $_v7_file in */*) ;; *) _v7_file=./$_v7_file ;; esac
_v7_newline='
'
_v7_common=$(git -C "${_v7_file%/*}" rev-parse --path-format=absolute --git-common-dir 2> /dev/null) || _v7_common=none
_v7_pwd=''
_v7_top=''
_v7_gitdir=''
_v7_last=unasked
unset _v7_file

case $- in
  *i*)
    if [ -n "${BASH_VERSION-}" ]; then
      case ${PROMPT_COMMAND-} in
        *v7_branch_database*) ;;
        *) PROMPT_COMMAND="v7_branch_database${PROMPT_COMMAND:+; $PROMPT_COMMAND}" ;;
      esac
    elif [ -n "${ZSH_VERSION-}" ]; then
      eval 'case " ${precmd_functions[*]-} " in
        *" v7_branch_database "*) ;;
        *) precmd_functions+=(v7_branch_database) ;;
      esac'
    fi
    ;;
esac
