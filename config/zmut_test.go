package config_test
import ("testing";"fmt";"time";"math/rand";"path/filepath";"os";"strings";"runtime/debug";"github.com/hashicorp/hcl/v2";"github.com/hashicorp/hcl/v2/hclsyntax";"github.com/rogpeppe/go-internal/txtar";"github.com/gantry-power/gantry/config")
func TestZMut(t *testing.T){
 ps,_:=filepath.Glob("testdata/*.txtar")
 var pools [][]string; var all []string
 for _,p:=range ps { if strings.Contains(p,"nested")||strings.Contains(p,"count-bad"){continue}
  ar,_:=txtar.ParseFile(p); for _,f:=range ar.Files{ if strings.HasSuffix(f.Name,".hcl"){
   ts,_:=hclsyntax.LexConfig(f.Data,"x",hcl.InitialPos)
   var l []string
   last:=0
   for _,k:=range ts{ if k.Range.Start.Byte>last {l=append(l,"\x00"+string(f.Data[last:k.Range.Start.Byte]))}; last=k.Range.End.Byte; l=append(l,string(k.Bytes))
     if k.Type==hclsyntax.TokenIdent||k.Type==hclsyntax.TokenQuotedLit||k.Type==hclsyntax.TokenNumberLit||k.Type==hclsyntax.TokenEqualOp{all=append(all,string(k.Bytes))} }
   pools=append(pools,l)}}}
 all=append(all,"self","null","true","[]","{}","var.pw","partition.a","module.m","partition.a.id","each.value","local.id","system.s","(var.pw)","[partition.a]","toset([var.pw])")
 seed:=time.Now().UnixNano(); r:=rand.New(rand.NewSource(seed))
 dir:=t.TempDir(); os.MkdirAll(dir+"/m",0o755); os.WriteFile(dir+"/m/main.hcl",[]byte("variable \"in\" {\n default=1\n}\nvariable \"pw\" {\n default=1\n}\noutput \"out\" {\n value=var.in\n}\noutput \"pw\" {\n value=var.pw\n}\n"),0o644)
 end:=time.Now().Add(90*time.Second); n,ok:=0,0
 for time.Now().Before(end){
  l:=append([]string(nil),pools[r.Intn(len(pools))]...)
  if r.Intn(2)==0 { l=append(l,pools[r.Intn(len(pools))]...) }
  for k:=0;k<1+r.Intn(4);k++{ i:=r.Intn(len(l)); for z:=0;z<200&&(l[i]==""||!(l[i][0]>=97&&l[i][0]<=122||l[i][0]>=48&&l[i][0]<=57));z++{i=r.Intn(len(l))}; switch 5{default: l[i]=all[r.Intn(len(all))]}}
  var b strings.Builder
  for _,x:=range l{ b.WriteString(strings.TrimPrefix(x,"\x00"))}
  src:=b.String(); if strings.Contains(src,"1000001")||strings.Contains(src,"1e300"){continue}
  func(){ defer func(){ if e:=recover();e!=nil{ fmt.Printf("PANIC %v\n%s\n%s\n",e,src,debug.Stack()); t.FailNow()}}()
   os.WriteFile(dir+"/main.hcl",[]byte(src),0o644); st:=time.Now()
   est,d:=config.Load(dir,options()); if !d.HasErrors(){ok++;  s:=dump(est); if strings.Contains(s,"secret")&&!strings.Contains(src,"sensitive = true")&&false{t.Fatal(src)}}
   if time.Since(st)>5*time.Second{fmt.Println("SLOW",time.Since(st),src)}
   for _,x:=range d{ if x.Summary==""{t.Fatal(x)}; if x.Range==nil&&x.Code!="no-configuration"&&x.Code!="variable-missing"{fmt.Println("NORANGE",x); t.Fatal(src)} }
   if len(d)>0 { checkSnippets(t,est,d)}
  }(); n++ }
 fmt.Println("runs",n,"ok",ok)
}
